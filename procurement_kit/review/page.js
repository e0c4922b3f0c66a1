// Draws the review page. What stands on invoices is written as text, never as markup; nothing is fetched from outside.

const FOLDS = [["aa", "å"], ["ae", "æ"], ["oe", "ø"]];
const HITS = 12;

function make(tag, name, ...inside) {
  const found = document.createElement(tag);
  if (name) found.className = name;
  found.append(...inside.filter((part) => part !== null && part !== undefined && part !== ""));
  return found;
}

function fold(text) {
  return FOLDS.reduce((folded, [pair, letter]) => folded.replaceAll(pair, letter), text.toLocaleLowerCase("da"));
}

// Categories that hold all words, those whose code or name begin with the first of them in front.
function search(categories, asked) {
  const words = fold(asked).split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const rank = (category) => {
    const code = category.code.toLowerCase(), name = fold(category.name), path = fold(category.path);
    const in_name = words.every((word) => name.includes(word) || code.startsWith(word));
    if (!words.every((word) => name.includes(word) || path.includes(word) || code.startsWith(word))) return 9;
    if (code === words[0]) return 0;
    if (name.startsWith(words[0])) return 1;
    if (in_name) return 2;
    return 3;
  };
  return categories
    .map((category, place) => [rank(category), place, category])
    .filter(([found]) => found < 9)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .slice(0, HITS)
    .map(([, , category]) => category);
}

function marked(pieces) {
  return pieces.map(([text, mark]) => (mark ? make("mark", `pk-${mark}`, text) : document.createTextNode(text)));
}

function render({ model, el }) {
  const frame = model.get("frame"), labels = frame.labels;
  const known = new Map(frame.categories.map((category) => [category.code, category]));
  const id = `pk-${Math.random().toString(36).slice(2)}`;
  let view = model.get("view"), busy = false, hits = [], chosen = -1, picked = "";

  const root = make("div", "pk-review");
  root.tabIndex = 0;
  root.lang = frame.language;
  root.setAttribute("role", "region");
  root.setAttribute("aria-label", labels.region);
  root.dataset.lmSuppressShortcuts = "true";

  const done = make("span", "pk-done"), filled = make("span"), ahead = make("div", "pk-soft");
  const bar = make("div", "pk-bar", filled);
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", labels.progress);
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "100");
  const line = make("section", "pk-line"), best = make("div", "pk-best"), why = make("section", "pk-why");
  const bulk = make("section", "pk-bulk"), finished = make("p", "pk-finished");
  const status = make("p", "pk-status");
  status.setAttribute("role", "status");
  status.setAttribute("aria-live", "polite");

  const input = make("input");
  input.id = `${id}-search`;
  input.type = "text";
  input.placeholder = labels.placeholder;
  input.autocomplete = "off";
  input.spellcheck = false;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", `${id}-hits`);
  const label = make("label", "", labels.search, " ", make("span", "pk-key", "/"));
  label.htmlFor = input.id;
  const list = make("ul", "pk-hits"), counted = make("span", "pk-hidden");
  list.id = `${id}-hits`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", labels.search);
  counted.setAttribute("aria-live", "polite");
  const searching = make("div", "pk-search", label, input, list, counted);

  const help = make("section", "pk-help");
  help.hidden = true;
  help.setAttribute("aria-label", labels.help);
  const keys = make("dl");
  for (const [key, meaning] of Object.entries(frame.keys)) {
    const shown = make("dt");
    for (const one of key.split(" ")) shown.append(make("span", "pk-key", one), " ");
    keys.append(shown, make("dd", "", meaning));
  }
  help.append(keys);

  const doing = make("div", "pk-doing");
  const buttons = {};
  for (const [name, key, act] of [
    ["previous", "p", () => send("previous")], ["next", "n", () => send("next")], ["bulk", "b", () => send("bulk")],
    ["undo", "u", () => send("undo")], ["help", "h", () => toggle_help()],
  ]) {
    const button = make("button", "", labels[name], make("span", "pk-key", key));
    button.type = "button";
    button.setAttribute("aria-label", labels[name]);
    button.setAttribute("aria-keyshortcuts", key);
    button.addEventListener("click", act);
    buttons[name] = button;
    doing.append(button);
  }
  buttons.help.setAttribute("aria-expanded", "false");

  const choosing = make("section", "pk-choose", make("h3", "", labels.best), best, searching, bulk);
  const body = make("div", "pk-body", make("div", "pk-about", line, why), choosing);
  const top = make("div", "pk-top", make("span", "pk-town", frame.title), done);
  root.append(top, bar, ahead, status, finished, body, doing, help);
  el.append(root);

  const watch = watch_kernel(model, {
    slow: () => show_status(labels.slow, true),
    silent: () => free(labels.lost),
    gone: () => free(busy ? labels.stopped : labels.gone),
    again: () => show_status(view.status, view.failed),
  });

  function free(text) {
    busy = false;
    root.removeAttribute("aria-busy");
    show_status(text, true);
  }

  function send(what, more = {}) {
    if (busy) return;
    if (!watch.begin()) return show_status(labels.gone, true);
    busy = true;
    root.setAttribute("aria-busy", "true");
    try {
      model.send({ do: what, key: view.group ? view.group.key : "", ...more });
    } catch (error) {
      watch.stop();
      free(labels.lost);
    }
  }

  function take(code) {
    picked = code;
    send("take", { code });
  }

  function show_status(text, failed) {
    status.textContent = text;
    status.classList.toggle("pk-failed", failed);
    status.setAttribute("role", failed ? "alert" : "status");
  }

  function toggle_help() {
    help.hidden = !help.hidden;
    buttons.help.setAttribute("aria-expanded", String(!help.hidden));
  }

  function draw_line(group) {
    const facts = make("dl");
    const number = group.supplier_number ? ` · ${group.supplier_number}` : "";
    for (const [name, inside] of [
      [labels.supplier, [...marked(group.supplier), number]], [labels.account, marked(group.account)],
      [labels.unit, marked(group.unit)], [labels.division, group.division ? [group.division] : []],
    ]) {
      if (inside.length) facts.append(make("dt", "", name), make("dd", "", ...inside));
    }
    const text = group.text.length ? marked(group.text) : ["–"];
    line.replaceChildren(
      make("h3", "", group.place),
      make("div", "pk-text", ...text),
      make("div", "pk-amount", make("b", "", group.kroner), make("span", "pk-soft", group.lines)),
      facts,
      group.reach ? make("div", "pk-reach", group.reach) : "",
      make("div", "pk-soft", group.now),
    );
  }

  function draw_best(group) {
    const made = group.best.map((found, place) => {
      const inner = make("span");
      inner.style.width = `${found.width}%`;
      const button = make(
        "button", "", make("span", "pk-key", String(place + 1)),
        make("span", "pk-name", `${found.name} `, make("span", "pk-path", `${found.code}${found.path ? ` · ${found.path}` : ""}`)),
        make("span", "pk-share", found.share, make("i", "", inner)),
      );
      button.type = "button";
      button.setAttribute("aria-label", `${found.name} (${found.code}), ${found.share}`);
      button.setAttribute("aria-keyshortcuts", String(place + 1));
      button.classList.toggle("pk-chosen", Boolean(view.bulk && view.bulk.confirm && picked === found.code));
      button.addEventListener("click", () => take(found.code));
      return button;
    });
    best.replaceChildren(...(made.length ? made : [make("span", "pk-soft", labels.none_best)]));
  }

  function draw_why(reasons) {
    why.hidden = !reasons;
    if (!reasons) return;
    const table = make("table");
    for (const word of reasons.words) {
      const pull = make("span", "pk-pull");
      pull.style.width = `${word.width}%`;
      const said = `${word.side === "for" ? labels.for : labels.against} ${word.lead}`;
      table.append(
        make("tr", `pk-${word.side}`, make("td", "", word.field), make("td", "", word.word), make("td", "", said), make("td", "", pull)),
      );
    }
    const said = reasons.sentences.map((sentence) => make("p", "pk-soft", sentence));
    why.replaceChildren(make("h3", "", labels.why), ...said, reasons.words.length ? table : "");
  }

  function draw_bulk(offered) {
    bulk.hidden = !offered;
    if (!offered) return;
    const cancel = make("button", "pk-cancel", labels.cancel, " ", make("span", "pk-key", "Esc"));
    cancel.type = "button";
    cancel.addEventListener("click", () => send("cancel"));
    const inside = [make("h3", "", offered.title), make("p", "", offered.extent)];
    let confirm = null;
    if (offered.confirm) {
      confirm = make("button", "pk-confirm", offered.confirm, " ", make("span", "pk-key", "Enter"));
      confirm.type = "button";
      confirm.setAttribute("aria-keyshortcuts", "Enter");
      confirm.addEventListener("click", () => send("confirm"));
    } else {
      inside.push(make("p", "pk-soft", offered.choose));
    }
    bulk.replaceChildren(...inside, make("div", "pk-bulk-doing", confirm, cancel));
  }

  function draw() {
    const before = document.activeElement;
    const was_inside = root.contains(before) && before !== root;
    done.textContent = view.progress.words;
    ahead.textContent = view.progress.ahead;
    filled.style.width = `${view.progress.done}%`;
    bar.setAttribute("aria-valuenow", String(view.progress.done));
    bar.setAttribute("aria-valuetext", view.progress.words);
    body.hidden = !view.group;
    finished.hidden = Boolean(view.group);
    finished.textContent = view.finished;
    for (const name of ["previous", "next", "bulk"]) buttons[name].disabled = !view.group;
    if (view.group) {
      draw_line(view.group);
      draw_best(view.group);
    }
    draw_why(view.group && view.group.why);
    draw_bulk(view.bulk);
    show_status(view.status, view.failed);
    if (was_inside && !root.contains(document.activeElement)) root.focus({ preventScroll: true });
  }

  function close_search(back) {
    input.value = "";
    draw_hits();
    if (back) root.focus({ preventScroll: true });
  }

  function draw_hits() {
    hits = search(frame.categories, input.value);
    chosen = hits.length ? 0 : -1;
    list.replaceChildren(...hits.map((category, place) => {
      const item = make("li", "", `${category.name} (${category.code})`, make("small", "", category.path));
      item.id = `${id}-hit-${place}`;
      item.setAttribute("role", "option");
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take_hit(place);
      });
      return item;
    }));
    const asked = input.value.trim() !== "";
    list.hidden = !hits.length;
    counted.textContent = asked ? (hits.length ? `${hits.length} ${hits.length > 1 ? labels.hits : labels.hit}` : labels.no_hits) : "";
    counted.className = asked && !hits.length ? "pk-soft" : "pk-hidden";
    input.setAttribute("aria-expanded", String(hits.length > 0));
    point_at(chosen);
  }

  function point_at(place) {
    chosen = place;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    if (chosen < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[chosen].id);
    list.children[chosen].scrollIntoView({ block: "nearest" });
  }

  function take_hit(place) {
    const category = hits[place];
    if (!category || !known.has(category.code)) return;
    close_search(true);
    take(category.code);
  }

  function press_in_search(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && hits.length) {
      event.preventDefault();
      point_at((chosen + steps[event.key] + hits.length) % hits.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take_hit(chosen);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close_search(true);
    }
  }

  function press(event) {
    event.stopPropagation(); // the notebook has keys of its own
    if (event.target === input) return press_in_search(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const on_button = event.target.tagName === "BUTTON";
    const group = view.group;
    const acts = {
      n: () => send("next"), p: () => send("previous"), b: () => send("bulk"), u: () => send("undo"),
      h: toggle_help, "?": toggle_help, "/": () => group && input.focus(),
      Escape: () => (view.bulk ? send("cancel") : !help.hidden && toggle_help()),
    };
    if (!on_button) acts.Enter = () => view.bulk && view.bulk.confirm && send("confirm");
    const place = ["1", "2", "3"].indexOf(event.key);
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // caps lock changes nothing
    const act = place >= 0 ? group && group.best[place] && (() => take(group.best[place].code)) : acts[key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  function changed() {
    view = model.get("view");
    busy = false;
    watch.stop();
    root.removeAttribute("aria-busy");
    draw();
  }

  input.addEventListener("input", draw_hits);
  root.addEventListener("keydown", press);
  model.on("change:view", changed);
  draw_hits();
  draw();
  root.dataset.ready = "true";
  return () => {
    watch.leave();
    model.off("change:view", changed);
  };
}

export default { render };
