// Draws the blocks of a page. What stands on invoices is written as text, never as markup; nothing is fetched.

function make(tag, name, ...inside) {
  const found = document.createElement(tag);
  if (name) found.className = name;
  found.append(...inside.filter((part) => part !== null && part !== undefined && part !== ""));
  return found;
}

function render({ model, el }) {
  const root = make("div", "pk-lab"), status = make("p", "pk-status"), body = make("div");
  const progress = make("div", "pk-progress"), label = make("span"), filled = make("span"), bar = make("div", "pk-bar", filled);
  root.lang = "da";
  root.dataset.lmSuppressShortcuts = "true";
  status.setAttribute("role", "status");
  status.setAttribute("aria-live", "polite");
  bar.setAttribute("role", "progressbar");
  progress.append(label, bar);
  progress.hidden = true;
  root.append(status, progress, body);
  el.append(root);
  const { labels } = model.get("frame");
  let busy = false;

  const watch = watch_kernel(model, {
    slow: () => say(labels.slow, true),
    silent: () => free(labels.lost),
    gone: () => free(busy ? labels.stopped : labels.gone),
    again: () => say(model.get("view").status, model.get("view").failed),
  });

  function say(text, failed) {
    status.textContent = text;
    status.classList.toggle("pk-failed", failed);
    status.setAttribute("role", failed ? "alert" : "status");
    status.hidden = !text;
  }

  function free(text) {
    busy = false;
    root.removeAttribute("aria-busy");
    progress.hidden = true;
    say(text, true);
  }

  function send(act, given) {
    if (busy) return;
    if (!watch.begin()) return say(labels.gone, true);
    busy = true;
    root.setAttribute("aria-busy", "true");
    try {
      model.send({ ...given, do: act });
    } catch (error) {
      watch.stop();
      free(labels.lost);
    }
  }

  function button(item, name) {
    const found = make("button", name || (item.main ? "pk-main" : ""), item.label);
    found.type = "button";
    found.disabled = Boolean(item.disabled);
    if (item.here) found.setAttribute("aria-current", "step");
    found.addEventListener("click", () => send(item.do, { arg: item.arg }));
    return found;
  }

  const draws = {
    title: (block) => make("h2", "", block.text),
    text: (block) => make("p", block.soft ? "pk-soft" : block.strong ? "pk-strong" : "", block.text),
    picture: (block) => {
      const found = make("img", "pk-picture");
      found.src = block.src;
      found.alt = block.alt;
      return found;
    },
    buttons: (block) => make("div", "pk-buttons", ...block.items.map((item) => button(item))),
    way: (block) => {
      const found = make("nav", "pk-way");
      found.setAttribute("aria-label", block.label);
      block.items.forEach((item, place) => {
        const is_here = place === block.items.length - 1;
        found.append(place ? make("span", "pk-soft", "›") : "", is_here ? make("b", "", item.label) : button(item));
      });
      return found;
    },
    bars: (block) => {
      const found = make("div", "pk-bars");
      found.setAttribute("role", "group");
      found.setAttribute("aria-label", block.label);
      for (const item of block.items) {
        const length = make("i");
        length.style.width = `${item.width}%`;
        if (item.is_negative) length.className = "pk-negative";
        const row = make(item.do ? "button" : "div", "pk-row", make("span", "pk-name", item.label), make("span", "pk-track", length),
          make("span", "pk-amount", item.amount), make("span", "pk-share", item.share));
        if (item.do) {
          row.type = "button";
          row.addEventListener("click", () => send(item.do, { arg: item.arg }));
        }
        found.append(row);
      }
      return found;
    },
    table: (block) => {
      const head = make("tr"), rows = make("tbody");
      block.headings.forEach((heading, place) => {
        const cell = make("th", block.numeric[place] ? "pk-number" : "", heading.do ? button({ ...heading, label: heading.label }) : heading.label);
        cell.scope = "col";
        if (heading.order) cell.setAttribute("aria-sort", heading.order);
        head.append(cell);
      });
      for (const row of block.rows) {
        const line = make("tr", row.do ? "pk-open" : "", ...row.cells.map((cell, place) => {
          const text = place === 0 && row.do ? button({ label: cell || "–", do: row.do, arg: row.arg }, "pk-link") : cell;
          return make("td", block.numeric[place] ? "pk-number" : "", text);
        }));
        if (row.do) line.addEventListener("click", () => send(row.do, { arg: row.arg }));
        rows.append(line);
      }
      return make("div", "pk-scroll", make("table", "", make("thead", "", head), rows));
    },
    search: (block) => {
      const input = make("input");
      input.type = "search";
      input.value = block.value;
      input.addEventListener("change", () => send("search", { arg: input.value }));
      return make("label", "pk-field", block.label, input);
    },
    form: (block) => {
      const form = make("form", "pk-form"), inputs = {};
      for (const field of block.fields) {
        const input = inputs[field.name] = make("input");
        input.type = "text";
        input.name = field.name;
        input.value = field.value || "";
        input.autocomplete = "off";
        input.spellcheck = false;
        form.append(make("label", "pk-field", field.label, input));
      }
      const go = make("button", "pk-main", block.button);
      go.type = "submit";
      form.append(go);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        send(block.do, Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value])));
      });
      return form;
    },
    cards: (block) => make("div", "pk-cards", ...block.items.map((item) => {
      const place = window.location.pathname.match(/^(.*\/(?:lab|notebooks)\/(?:workspaces\/[^/]+\/)?tree\/)(.*)$/);
      const card = make(place ? "a" : "div", "pk-card", make("b", "", item.title), make("span", "pk-soft", item.file));
      if (place) {
        card.href = place[1] + place[2].replace(/[^/]*$/, "") + encodeURIComponent(item.file);
        card.target = "_blank";
      }
      return card;
    })),
  };

  function draw() {
    const view = model.get("view");
    const at = document.activeElement, place = [...body.querySelectorAll("button, input")].indexOf(at);
    root.classList.toggle("pk-start", Boolean(view.is_start));
    say(view.status, view.failed);
    body.replaceChildren(...view.blocks.filter((block) => draws[block.kind]).map((block) => draws[block.kind](block)));
    if (place >= 0) (body.querySelectorAll("button, input")[place] || body.querySelector("button, input"))?.focus({ preventScroll: true });
  }

  function changed() {
    busy = false;
    watch.stop();
    root.removeAttribute("aria-busy");
    progress.hidden = true;
    draw();
  }

  function told() {
    const { label: text, share } = model.get("progress") || {};
    watch.heard();
    progress.hidden = !text;
    label.textContent = text || "";
    filled.style.width = `${share ?? 100}%`;
    bar.classList.toggle("pk-unknown", share === null || share === undefined);
    if (share === null || share === undefined) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(share));
  }

  root.addEventListener("keydown", (event) => event.stopPropagation()); // the notebook has keys of its own
  model.on("change:view", changed);
  model.on("change:progress", told);
  draw();
  root.dataset.ready = "true";
  return () => {
    watch.leave();
    model.off("change:view", changed);
    model.off("change:progress", told);
  };
}

export default { render };
