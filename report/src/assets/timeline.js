// Moves through the array's time: buttons, keys and the wheel change the part that is shown, the pointer reads a cycle out.
"use strict";
for (const box of document.querySelectorAll(".timeline")) {
  const SVG = box.querySelector("svg").namespaceURI;
  const NAMES = 200, ROW = 18, BAR = 14, AXIS = 34, WIDTH = 960, PIXELS = WIDTH - NAMES, MARKS = 4, LEAST = 8, STEP = 0.25;
  const bytes = Uint8Array.from(atob(box.dataset.stretches), c => c.charCodeAt(0));
  const rows = box.dataset.rows.split("\n").map(line => {
    const cut = line.indexOf(" ");
    return { colour: line.slice(0, cut), name: line.slice(cut + 1) };
  });
  const which = [], starts = [0];
  for (let at = 0; at < bytes.length;) {
    const number = () => {
      let value = 0, place = 1;
      for (;; place *= 128) {
        const byte = bytes[at++];
        value += (byte & 127) * place;
        if (byte < 128) return value;
      }
    };
    which.push(number());
    starts.push(starts[starts.length - 1] + number());
  }
  const whole = starts[starts.length - 1];
  let from = +box.dataset.from, to = +box.dataset.to, cursor = null;

  const words = n => Math.round(n).toLocaleString("en-US");
  const make = (name, parent, attributes, text) => {
    const element = document.createElementNS(SVG, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  // The stretch that a cycle lies in.
  const stretch = cycle => {
    let low = 0, high = which.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= cycle) low = middle; else high = middle - 1;
    }
    return low;
  };

  const svg = box.querySelector("svg"), part = box.querySelector(".part");
  const said = document.createElement("output");
  said.className = "said";
  said.textContent = "Point at the drawing, or move with the keys: arrows left and right, + and -, Home for all, comma and full stop for stretches.";

  // Shares of pixels by row, of the stretches that the window touches.
  const shares = () => {
    const found = new Map(), unit = PIXELS / (to - from);
    for (let at = stretch(from); at < which.length && starts[at] < to; at++) {
      if (!found.has(which[at])) found.set(which[at], new Float64Array(PIXELS));
      const row = found.get(which[at]);
      const a = Math.max(0, (starts[at] - from) * unit), b = Math.min(PIXELS, (starts[at + 1] - from) * unit);
      for (let pixel = Math.floor(a); pixel < b; pixel++) row[pixel] += Math.min(b, pixel + 1) - Math.max(a, pixel);
    }
    return [...found.entries()].sort((a, b) => a[0] - b[0]);
  };
  const bars = (row, top) => {
    const [at, pixels] = row, { colour, name } = rows[at];
    make("text", svg, { x: 0, y: top + BAR - 2 }, name);
    make("rect", svg, { class: "frame", x: NAMES, y: top, width: PIXELS, height: BAR });
    const shade = pixel => Math.ceil(pixels[pixel] * 6) / 6;
    for (let first = 0, pixel = 1; pixel <= PIXELS; pixel++) {
      if (pixel < PIXELS && shade(pixel) === shade(first)) continue;
      const depth = shade(first);
      if (depth > 0) {
        const opacity = colour === "lost" ? Math.max(depth, 0.5) : depth;
        make("rect", svg, { class: colour, x: NAMES + first, y: top, width: pixel - first, height: BAR, opacity });
      }
      first = pixel;
    }
  };
  const axis = top => {
    for (let mark = 0; mark <= MARKS; mark++) {
      const x = NAMES + mark * PIXELS / MARKS, anchor = mark === 0 ? "start" : mark === MARKS ? "end" : "middle";
      make("line", svg, { class: "rule", x1: x, y1: 0, x2: x, y2: top + 4 });
      make("text", svg, { x, y: top + 18, "text-anchor": anchor }, words(from + (to - from) * mark / MARKS));
    }
    make("text", svg, { x: 0, y: top + 18 }, "cycle");
  };
  const pointer = height => {
    if (cursor === null || cursor < from || cursor >= to) return;
    const x = NAMES + (cursor - from + 0.5) / (to - from) * PIXELS;
    make("line", svg, { class: "cursor", x1: x, y1: 0, x2: x, y2: height });
  };
  const draw = () => {
    const found = shares(), top = found.length * ROW;
    svg.replaceChildren();
    make("desc", svg, {}, "What the array does from cycle " + words(from) + " to " + words(to));
    found.forEach((row, at) => bars(row, at * ROW));
    axis(top);
    pointer(top);
    svg.setAttribute("viewBox", "0 0 " + WIDTH + " " + (top + AXIS));
    const time = ((to - from) / +box.dataset.clock).toPrecision(4);
    part.textContent = "Cycles " + words(from) + " to " + words(to) + " of " + words(whole) + ": " + time + " microseconds, the rows in which something happens.";
  };
  const show = (start, length) => {
    length = Math.min(whole, Math.max(LEAST, Math.round(length)));
    from = Math.min(whole - length, Math.max(0, Math.round(start)));
    to = from + length;
    draw();
  };
  const zoom = (factor, around) => {
    const length = Math.min(whole, Math.max(LEAST, (to - from) * factor));
    show(around - (around - from) * length / (to - from), length);
  };
  const move = share => show(from + (to - from) * share, to - from);
  const read = cycle => {
    cursor = Math.min(whole - 1, Math.max(0, Math.floor(cycle)));
    const at = stretch(cursor), row = rows[which[at]], length = starts[at + 1] - starts[at];
    const does = row.colour === "good" ? "steps of " + row.name : "waits: " + row.name;
    said.textContent = "Cycle " + words(cursor) + ": " + does + ", " + words(length) + " cycles from " + words(starts[at]) + " on";
    return at;
  };
  // To the stretch before or behind the one that was read out.
  const next = by => {
    const at = cursor === null || cursor < from || cursor >= to ? stretch(from) : stretch(cursor) + by;
    const found = Math.min(which.length - 1, Math.max(0, at));
    read(Math.max(starts[found], by > 0 || cursor === null ? starts[found] : 0));
    if (cursor < from || cursor >= to) show(cursor - (to - from) / 2, to - from); else draw();
  };

  const middle = () => cursor !== null && cursor >= from && cursor < to ? cursor : (from + to) / 2;
  const acts = {
    "ArrowLeft": () => move(-STEP), "ArrowRight": () => move(STEP), "+": () => zoom(0.5, middle()), "=": () => zoom(0.5, middle()),
    "-": () => zoom(2, middle()), "Home": () => show(0, whole), ",": () => next(-1), ".": () => next(1),
  };
  const buttons = document.createElement("p");
  buttons.className = "screen buttons";
  for (const [text, key] of [["Earlier", "ArrowLeft"], ["Later", "ArrowRight"], ["Enlarge", "+"], ["Reduce", "-"], ["Everything", "Home"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", acts[key]);
    buttons.append(button);
  }
  part.after(buttons, said);
  const field = svg.parentElement;
  field.addEventListener("keydown", event => {
    if (event.ctrlKey || event.altKey || event.metaKey || !acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  });
  const cycle = event => {
    const place = svg.getBoundingClientRect(), x = (event.clientX - place.left) * WIDTH / place.width;
    return x < NAMES ? null : from + (x - NAMES) / PIXELS * (to - from);
  };
  svg.addEventListener("pointermove", event => {
    const found = cycle(event);
    if (found !== null) { read(found); draw(); }
  });
  svg.addEventListener("wheel", event => {
    const found = cycle(event);
    if (found === null || !event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, found);
  }, { passive: false });
  svg.addEventListener("dblclick", event => {
    const found = cycle(event);
    if (found !== null) zoom(0.5, found);
  });
  draw();
}
