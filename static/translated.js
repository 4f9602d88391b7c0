// Lets a browser translate the page while the program goes on changing it.
//
// A translation puts <font> elements with other words in the place of texts. The program still holds the texts: what
// it writes into one would be seen nowhere, and what it takes away, or puts before one, would fail. So each text's
// <font> stands in for it: where the program means the text, the <font> goes, and the browser translates what is new.
//
// The rule that is easy to break: as long as nobody translates, nothing here is in the way of anything.
(function () {
  "use strict";

  // The <font> that stands for a text, and the text for which one stands.
  const standIns = new WeakMap();
  const texts = new WeakMap();
  const { insertBefore, removeChild } = Node.prototype;

  // What stands in `parent` for `node`: itself, its <font>, or the element into which a translation has moved it.
  function within(parent, node) {
    for (const one of [node, standIns.get(node)]) {
      for (let at = one; at; at = at.parentNode) if (at.parentNode === parent) return at;
    }
    return null;
  }

  // From the first <font> on, what the program does to a text that is away is done to what stands for it.
  function mend() {
    Node.prototype.removeChild = function (child) {
      if (child.parentNode === this) return removeChild.call(this, child);
      const at = standIns.get(child) || child;
      if (at.parentNode) at.parentNode.removeChild(at);
      return child;
    };
    Node.prototype.insertBefore = function (child, next) {
      const old = standIns.get(child);
      if (old && old.parentNode) old.remove();
      return insertBefore.call(this, child, next && within(this, next));
    };
  }

  function note(font, text) {
    if (insertBefore === Node.prototype.insertBefore) mend();
    standIns.set(text, font);
    texts.set(font, text);
    written.observe(text, { characterData: true });
  }

  // A text that was written takes its place again.
  const written = new MutationObserver((records) => {
    for (const { target } of records) {
      const font = standIns.get(target);
      if (font && font.parentNode && !target.parentNode) font.replaceWith(target);
    }
  });

  // The text that was taken away here, or for which what was taken away stood.
  const meant = (node) => (node.nodeType === Node.TEXT_NODE ? node : texts.get(node));
  const isNew = (node) => node && node.nodeName === "FONT" && !texts.has(node);

  new MutationObserver((records) => {
    for (const { addedNodes, removedNodes, previousSibling, nextSibling } of records) {
      const text = removedNodes.length === 1 && meant(removedNodes[0]);
      if (!text || text.parentNode) continue;
      // In its place, or put beside it before it was taken away.
      const font = [...addedNodes].find(isNew) || [previousSibling, nextSibling].find(isNew);
      if (font) note(font, text);
    }
  }).observe(document.body, { childList: true, subtree: true });
})();
