"use strict";
// The page's behaviour: the table, the charts, a trial or two in a dialog, and the refreshing of a live page.
(() => {
  const $ = (id) => document.getElementById(id);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const COLOURS = {
    light: { ink: "#1b1f24", faint: "#d0d7de", "faint-ink": "#818b98", band: "#eef1f4", paper: "#ffffff",
      0: "#0969da", 1: "#bc4c00", 2: "#1a7f37", 3: "#8250df", 4: "#bf3989", 5: "#9a6700", 6: "#0e7490", 7: "#57606a" },
    dark: { ink: "#e6edf3", faint: "#3d444d", "faint-ink": "#8b949e", band: "#1c2128", paper: "#121212",
      0: "#58a6ff", 1: "#f0883e", 2: "#3fb950", 3: "#bc8cff", 4: "#f778ba", 5: "#d29922", 6: "#39c5cf", 7: "#9aa4ae" },
  };
  const state = { sort: null, up: true, filter: "", which: "", open: [] };
  let trials = {}, pictures = null;

  // --- charts ---
  function coloured(value) {
    if (typeof value === "string" && value.startsWith("@")) {
      return COLOURS[dark.matches ? "dark" : "light"][value.slice(1)] ?? value;
    }
    if (Array.isArray(value)) return value.map(coloured);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner)]));
    }
    return value;
  }
  function axis(given) {
    return { automargin: true, gridcolor: "@faint", zerolinecolor: "@faint", linecolor: "@faint", ...given };
  }
  function drawChart(element) {
    const figure = element.closest("figure");
    const choice = figure.querySelector(".choice");
    const drawing = JSON.parse(element.dataset.chart)[choice ? Number(choice.value) : 0];
    const layout = coloured({
      autosize: true, margin: { l: 10, r: 10, t: 30, b: 10 }, hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, sans-serif", size: 12, color: "@ink" },
      legend: { orientation: "h", x: 0, y: 1, xanchor: "left", yanchor: "bottom" },
      hoverlabel: { bgcolor: "@paper", font: { color: "@ink" } },
      ...drawing.layout, xaxis: axis(drawing.layout.xaxis), yaxis: axis(drawing.layout.yaxis),
    });
    Plotly.react(element, coloured(drawing.data), layout, { displayModeBar: false, responsive: true });
    if (!element.dataset.drawn) {
      element.dataset.drawn = "yes";
      element.on("plotly_click", (event) => {
        const found = /^trial (\d+)$/.exec(event.points[0].text ?? "");
        if (found && trials[found[1]]) open([found[1]]);
      });
      if (choice) choice.addEventListener("change", () => { drawChart(element); fillNumbers(figure); });
      figure.querySelector("details").addEventListener("toggle", () => fillNumbers(figure));
    }
  }
  function fillNumbers(figure) {
    const place = figure.querySelector(".numbers");
    if (!figure.querySelector("details").open) return;
    const choice = figure.querySelector(".choice");
    const drawing = JSON.parse(figure.querySelector(".chart").dataset.chart)[choice ? Number(choice.value) : 0];
    const rows = [];
    for (const trace of drawing.data) {
      trace.x.forEach((x, i) => rows.push([decoded(trace.name ?? ""), decoded(trace.text?.[i] ?? ""), decoded(x), decoded(trace.y[i])]));
    }
    place.replaceChildren(makeTable(["", "", drawing.layout.xaxis?.title?.text || "x", drawing.layout.yaxis?.title?.text || "y"], rows));
  }
  function decoded(value) {
    return String(value).replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  }
  function makeTable(headings, rows) {
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const heading of headings) {
      const cell = head.appendChild(document.createElement(heading ? "th" : "td"));
      if (heading) cell.scope = "col";
      cell.textContent = heading;
    }
    const body = table.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      for (const text of row) line.insertCell().textContent = text;
    }
    return table;
  }
  function drawAll(root) {
    for (const element of root.querySelectorAll(".chart")) drawChart(element);
  }

  // --- the table ---
  function rows() { return [...($("trials")?.tBodies[0].rows ?? [])]; }
  function sortTable() {
    if (state.sort === null) return;
    const key = (row) => row.cells[state.sort].dataset.sort ?? "";
    const ordered = rows().sort((one, other) => {
      const [a, b] = [key(one), key(other)];
      if (a === "" || b === "") return (a === "") - (b === "");
      const [x, y] = [Number(a), Number(b)];
      const order = Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
      return state.up ? order : -order;
    });
    $("trials").tBodies[0].append(...ordered);
    [...$("trials").tHead.rows[0].cells].forEach((cell, place) => {
      if (place === state.sort) cell.setAttribute("aria-sort", state.up ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    });
  }
  function filterTable() {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows()) {
      const text = row.textContent.toLowerCase();
      row.hidden = (state.which !== "" && row.dataset.state !== state.which) || !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    $("count").textContent = `${shown} of ${rows().length} trials`;
  }
  function ticked() { return rows().filter((row) => row.querySelector("input").checked).map((row) => row.dataset.number); }
  function initTable() {
    const table = $("trials");
    if (!table) return;
    [...table.tHead.rows[0].cells].forEach((cell, place) => {
      cell.querySelector("button")?.addEventListener("click", () => {
        state.up = state.sort === place ? !state.up : true;
        state.sort = place;
        sortTable();
      });
    });
    $("filter").value = state.filter;
    $("which").value = state.which;
    $("filter").addEventListener("input", (event) => { state.filter = event.target.value; filterTable(); });
    $("which").addEventListener("change", (event) => { state.which = event.target.value; filterTable(); });
    $("compare").addEventListener("click", () => open(ticked().slice(0, 2)));
    table.tBodies[0].addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (event.target.closest("input")) $("compare").disabled = ticked().length !== 2;
      else if (row && !getSelection().toString()) open([row.dataset.number]);
    });
    sortTable();
    filterTable();
  }

  // --- a trial, or two ---
  async function unpack() {
    const packed = $("packed").textContent.trim();
    if (!packed) return {};
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }
  function samplesOf(number) {
    pictures ??= JSON.parse($("pictures").textContent);
    return pictures[number] ?? [];
  }
  function fillSamples(place) {
    const sheets = samplesOf(place.dataset.samples);
    if (!sheets.length) return;
    const heading = document.createElement("h3");
    heading.textContent = "Samples, from the same noise";
    const picture = document.createElement("img");
    const said = document.createElement("output");
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: 0, max: sheets.length - 1, step: 1, value: sheets.length - 1 });
    slider.setAttribute("aria-label", `samples of trial ${place.dataset.samples} after so many images`);
    const show = () => {
      const [images, source] = sheets[Number(slider.value)];
      picture.src = source;
      picture.alt = `Samples of trial ${place.dataset.samples} after ${images.toLocaleString("en")} images`;
      said.textContent = `after ${images.toLocaleString("en")} images`;
      slider.setAttribute("aria-valuetext", said.textContent);
    };
    slider.addEventListener("input", show);
    show();
    place.replaceChildren(heading, picture, ...(sheets.length > 1 ? [slider] : []), said);
  }
  function markDifferences(one, other) {
    const nets = [one, other].map((root) => [...root.querySelectorAll(".net")]);
    nets[0].forEach((net, which) => {
      const pair = [net, nets[1][which]].map((each) => [...(each?.querySelectorAll(".part") ?? [])]);
      const says = pair.map((parts) => new Map(parts.map((part) => [part.dataset.part, part.dataset.says])));
      pair.forEach((parts, side) => parts.forEach((part) => {
        part.classList.toggle("differs", says[1 - side].get(part.dataset.part) !== part.dataset.says);
      }));
    });
  }
  function differingHoles(numbers, roots) {
    const values = roots.map((root) => new Map([...root.querySelectorAll("[data-hole]")].map((row) => [row.dataset.hole, row.cells[1].textContent])));
    const names = [...new Set([...values[0].keys(), ...values[1].keys()])];
    const rows = names.map((name) => [name, values[0].get(name) ?? "–", values[1].get(name) ?? "–"]).filter((row) => row[1] !== row[2]);
    const place = document.createElement("div");
    const heading = document.createElement("h3");
    heading.textContent = rows.length ? `${rows.length} holes differ` : "No hole differs";
    place.append(heading);
    if (rows.length) place.append(makeTable(["hole", ...numbers.map((number) => `trial ${number}`)], rows));
    return place;
  }
  function open(numbers) {
    numbers = numbers.filter((number) => trials[number]);
    if (!numbers.length) return;
    state.open = numbers;
    const body = $("opened-body"), dialog = $("opened");
    const two = numbers.length === 2;
    body.className = two ? "pair" : "";
    dialog.classList.toggle("two", two);
    body.replaceChildren(...numbers.map((number) => {
      const article = document.createElement("article");
      article.innerHTML = trials[number]; // made by the page's own templates, where every name is escaped
      if (two) article.insertAdjacentHTML("afterbegin", `<h3>Trial ${Number(number)}</h3>`);
      return article;
    }));
    const articles = [...body.children];
    if (two) {
      markDifferences(articles[0], articles[1]);
      const holes = differingHoles(numbers, articles);
      holes.style.gridColumn = "1 / -1";
      body.prepend(holes);
    }
    $("opened-title").textContent = two ? `Trials ${numbers[0]} and ${numbers[1]}` : `Trial ${numbers[0]}`;
    for (const id of ["earlier", "later"]) $(id).hidden = two;
    for (const place of body.querySelectorAll(".samples")) fillSamples(place);
    for (const button of body.querySelectorAll("button.inline")) {
      button.addEventListener("click", () => open([button.dataset.open]));
    }
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    drawAll(body);
    history.replaceState(null, "", `#trial-${numbers.join("-")}`);
  }
  function step(by) {
    if (state.open.length !== 1) return;
    const shown = rows().filter((row) => !row.hidden).map((row) => row.dataset.number);
    const next = shown[shown.indexOf(state.open[0]) + by];
    if (next !== undefined) open([next]);
  }
  function initDialog() {
    $("close").addEventListener("click", () => $("opened").close());
    $("earlier").addEventListener("click", () => step(-1));
    $("later").addEventListener("click", () => step(1));
    $("opened").addEventListener("close", () => {
      const [number] = state.open;
      state.open = [];
      history.replaceState(null, "", "#");
      document.querySelector(`tr[data-number="${number}"] .open`)?.focus();
    });
    $("opened").addEventListener("click", (event) => { if (event.target === $("opened")) $("opened").close(); });
    $("opened").addEventListener("keydown", (event) => {
      if (event.target.closest("input, select, [tabindex]:not(dialog)")) return;
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "ArrowRight") step(1);
    });
  }

  // --- a live page ---
  async function refresh() {
    const said = $("state");
    try {
      const version = await (await fetch("/version")).text();
      if (version === document.querySelector("[data-version]").dataset.version) return;
      const part = await fetch("/part");
      if (!part.ok) throw new Error(part.statusText);
      for (const element of $("live").querySelectorAll(".chart")) Plotly.purge(element);
      $("live").innerHTML = await part.text(); // made by the page's own templates, as the page itself
      await init();
    } catch {
      said.textContent = "The search's watcher doesn't answer; this is what it said last. Trying again.";
    }
  }
  async function init() {
    pictures = null;
    initTable();
    drawAll($("live"));
    const best = $("best-pair");
    if (best) {
      markDifferences(best.children[0], best.children[1]);
      for (const place of best.querySelectorAll(".samples")) fillSamples(place);
    }
    trials = await unpack();
  }
  dark.addEventListener("change", () => drawAll(document));
  initDialog();
  init().then(() => {
    const found = /^#trial-(\d+)(?:-(\d+))?$/.exec(location.hash);
    if (found) open(found.slice(1).filter(Boolean));
    document.documentElement.dataset.ready = "yes";
    const seconds = Number(document.body.dataset.live ?? 0);
    if (seconds) setInterval(refresh, 1000 * seconds);
  });
})();
