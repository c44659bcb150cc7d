// What is wrong with how a page looks, measured in the page itself; each answer is a list of faults.
// Nothing here knows a class or an identifier: what is measured is where words, pictures and
// targets stand. It runs with the page's own scripts off too, as a browser's tools do.
(() => {
  const box = (node) => node.getBoundingClientRect();
  const style = getComputedStyle;
  const every = (selector) => [...document.querySelectorAll(selector)];
  const name = (element) => element.textContent.trim().replace(/\s+/g, " ").slice(0, 60);

  // Said to screen readers alone: a box of a pixel, cut off.
  const unseen = (element) => {
    for (let one = element; one; one = one.parentElement)
      if (box(one).width <= 1 && box(one).height <= 1 && style(one).overflow !== "visible") return true;
    return !element.checkVisibility({ visibilityProperty: true });
  };

  const scroller = (element) => {
    for (let one = element; one !== document.body; one = one.parentElement)
      if (/auto|scroll/.test(style(one).overflowX)) return box(one);
    return { left: -Infinity, right: Infinity };
  };

  // The boxes of all that is to be seen, one a line. Where lines are set tight their boxes overlap,
  // so of a line of words only its middle counts.
  const boxes = () => {
    const found = [];
    const kinds = NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT;
    const nodes = document.createTreeWalker(document.body, kinds);
    for (let node; (node = nodes.nextNode()); ) {
      const isPicture = node.nodeName === "IMG";
      const element = isPicture ? node : node.parentElement;
      const isText = node.nodeType === Node.TEXT_NODE && node.data.trim();
      if (!(isPicture || isText) || unseen(element)) continue;
      const told = isPicture ? node.alt || node.src : node.data.trim().slice(0, 40);
      const within = scroller(element);
      const range = document.createRange();
      range.selectNode(node);
      for (const { left, right, top, bottom } of range.getClientRects()) {
        const margin = isPicture ? 0 : (bottom - top) / 4;
        const shown = {
          node, element, told, top: top + margin, bottom: bottom - margin,
          left: Math.max(left, within.left), right: Math.min(right, within.right),
        };
        // What waits above the page, as a skip link does, is not on it yet.
        if (bottom + scrollY > 0 && shown.right - shown.left >= 1) found.push(shown);
      }
    }
    return found.sort((a, b) => a.top - b.top);
  };

  const isCutOff = (one) => {
    for (let outer = one.element; outer !== document.documentElement; outer = outer.parentElement) {
      const { display, overflowX, overflowY } = style(outer);
      const edge = box(outer);
      const cuts = (overflow) => display !== "inline" && /hidden|clip/.test(overflow);
      if (cuts(overflowX) && (one.left < edge.left - 1 || one.right > edge.right + 1)) return true;
      if (cuts(overflowY) && (one.top < edge.top || one.bottom > edge.bottom)) return true;
    }
    return false;
  };

  // Cut off, beyond the edge, over something else; and a page that scrolls sideways.
  const misplaced = () => {
    const { scrollWidth, clientWidth } = document.scrollingElement;
    const faults = scrollWidth > clientWidth ? [`${scrollWidth} px wide`] : [];
    const all = boxes();
    all.forEach((one, index) => {
      if (one.left < -1 || one.right > innerWidth + 1) faults.push(`beyond the edge: ${one.told}`);
      if (isCutOff(one)) faults.push(`cut off: ${one.told}`);
      for (const other of all.slice(index + 1)) {
        if (other.top >= one.bottom - 1) break;
        const shared = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        if (other.node !== one.node && shared > 2) faults.push(`overlap: ${one.told} / ${other.told}`);
      }
    });
    return faults;
  };

  // WCAG 2.5.8: a link in a sentence may be as high as its line. Whoever touches any other target
  // up to 12 px from its middle must have it, also where it is larger than its words.
  const isInSentence = (target) => {
    const words = (element) => element.textContent.replace(/[\s·,]+/g, "").length;
    const block = target.closest("p, li, dd, td, h1, h2, h3, q, blockquote");
    const links = [...(block?.querySelectorAll("a, summary") ?? [])];
    return block !== null && words(block) > links.reduce((sum, one) => sum + words(one), 0);
  };
  const smallTargets = () =>
    every("a, summary")
      .filter((one) => one.checkVisibility() && box(one).bottom > 0 && !isInSentence(one))
      .filter((one) => {
        const { left, right, top, bottom } = box(one);
        const around = [[-11.5, 0], [11.5, 0], [0, -11.5], [0, 11.5]];
        return around.some(([x, y]) => {
          const touched = document.elementFromPoint((left + right) / 2 + x, (top + bottom) / 2 + y);
          return !one.contains(touched);
        });
      })
      .map((one) => `${name(one)}: ${box(one).width} by ${box(one).height} px`);

  // Everything that a keyboard must reach, by its place in the document.
  const focusable = () =>
    every("a[href], summary, [tabindex='0']")
      .filter((one) => one.checkVisibility())
      .map((one) => every("*").indexOf(one));

  const focus = () => {
    const target = document.activeElement;
    const { left, right, top, bottom } = target.getClientRects()[0];
    const { outlineStyle, outlineWidth } = style(target);
    const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return {
      name: name(target),
      place: every("*").indexOf(target),
      isOutlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
      isInView: top >= -1 && bottom <= innerHeight + 1 && right - left > 1,
      isUncovered: target.contains(middle) || Boolean(middle?.contains(target)),
    };
  };

  // Times that say no year, or that a program cannot read.
  const untoldTimes = () =>
    every("time")
      .filter((one) => !/\d{4}/.test(one.textContent + one.title) || isNaN(Date.parse(one.dateTime)))
      .map((one) => one.outerHTML);

  const moving = () =>
    every("*")
      .filter((one) => {
        const { animationName, transitionDuration, scrollBehavior } = style(one);
        const turns = animationName !== "none" || parseFloat(transitionDuration) > 0;
        return turns || scrollBehavior === "smooth";
      })
      .map((one) => one.outerHTML.slice(0, 80));

  const unloadedPictures = () =>
    [...document.images].filter((one) => !one.complete || !one.naturalWidth).map((one) => one.src);

  // What has moved since the page began to come, as Chromium scores it. The space between two
  // elements is not seen: it has no place yet while the second is still to come.
  const shifted = () =>
    new Promise((tell) => {
      const faults = [];
      const isSeen = ({ node }) => node?.nodeType !== Node.TEXT_NODE || node.data.trim();
      const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
      const said = ({ node, previousRect, currentRect }) =>
        `${node ? name(node) || node.nodeName : "?"}: ${place(previousRect)} > ${place(currentRect)}`;
      const add = (list) => {
        for (const { value, sources } of list.getEntries())
          if (sources.some(isSeen)) faults.push(`${value}: ${sources.filter(isSeen).map(said).join("; ")}`);
      };
      new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => tell(faults))));
    });

  return {
    misplaced, smallTargets, focusable, focus, untoldTimes, moving, unloadedPictures, shifted,
  };
})()
