// What is wrong with the page as it is shown: small letters, faint letters, drawings without a name, more width than the window.
(() => {
  const SMALL = 11, CONTRAST = 4.5;
  document.querySelectorAll("details").forEach(details => { details.open = true; });
  const colour = text => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
  };
  const light = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (; element; element = element.parentElement) {
      const found = colour(getComputedStyle(element).backgroundColor);
      if (found.alpha > 0.99) return found.rgb;
    }
    return [255, 255, 255];
  };
  const contrast = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const small = [], faint = [], unnamed = [];
  let texts = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, element = node.parentElement, text = node.textContent.trim();
    if (!text || /^(script|style|title|desc|option)$/i.test(element.tagName) || !element.checkVisibility()) continue;
    if (element.getClientRects().length === 0) continue;
    texts++;
    const style = getComputedStyle(element), drawing = element instanceof SVGElement;
    const matrix = drawing && element.getScreenCTM ? element.getScreenCTM() : null;
    const scale = matrix ? Math.hypot(matrix.a, matrix.b) : 1;
    const size = parseFloat(style.fontSize) * scale;
    if (size < SMALL - 0.005) small.push(text.slice(0, 40) + ": " + size.toFixed(2));
    const ratio = contrast(colour(drawing ? style.fill : style.color).rgb, ground(element));
    if (ratio < CONTRAST) faint.push(text.slice(0, 40) + ": " + ratio.toFixed(2));
  }
  for (const svg of document.querySelectorAll("svg")) {
    if (svg.getAttribute("role") !== "img" || !svg.getAttribute("aria-label")) unnamed.push(svg.outerHTML.slice(0, 80));
  }
  const root = document.documentElement, wide = [];
  if (root.scrollWidth > innerWidth) {
    for (const element of document.querySelectorAll("body *")) {
      if (element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".wide")) wide.push(element.outerHTML.slice(0, 80));
    }
    wide.push(root.scrollWidth + " of " + innerWidth + " pixels");
  }
  return { texts, small, faint, unnamed, wide };
})()
