"""Pictures as PNG: grids of images, points over data, contact sheets and charts."""
