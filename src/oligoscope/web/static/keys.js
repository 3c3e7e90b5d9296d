// A letter presses the button that names it (aria-keyshortcuts), while the focus is in its form and in no box to write in.
(function () {
  "use strict";
  var PAUSE = 400; // Milliseconds without a key, after which a letter is a decision again.
  var deafUntil = 0;
  function start() {
    var first = document.querySelector("[data-begin]");
    if (first) first.focus();
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    var here = document.activeElement;
    var form = here && here.closest("[data-keys]");
    if (!form) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(here.tagName)) {
      if (event.key === "Escape") start();
      return;
    }
    var named = Array.prototype.find.call(form.querySelectorAll("[aria-keyshortcuts]"), function (each) {
      return each.getAttribute("aria-keyshortcuts") === event.key.toLowerCase();
    });
    if (!named) return;
    event.preventDefault();
    // A key that is held down, or typed on while an answer is awaited, must not decide the records that follow.
    var now = Date.now();
    if (event.repeat || now < deafUntil || form.classList.contains("htmx-request")) {
      deafUntil = now + PAUSE;
      return;
    }
    if (named.tagName === "INPUT") named.focus();
    else named.click();
  });
  document.addEventListener("DOMContentLoaded", start);
  // At once, not after settling: a letter that is typed in between would be lost, or the focus taken from a box.
  document.addEventListener("htmx:afterSwap", start);
})();
