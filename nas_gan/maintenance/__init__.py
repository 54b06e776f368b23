"""Care of studies: rename, delete, copy, verify and mend."""
