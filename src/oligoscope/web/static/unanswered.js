// Says when the server did not answer: what stands beside the form is then of what was there before.
(function () {
  "use strict";
  function say(text) {
    var box = document.getElementById("unanswered");
    if (box.textContent !== text) box.textContent = text;
    box.hidden = !text;
    var answer = document.getElementById("answer");
    if (answer) answer.classList.toggle("stale", Boolean(text));
  }
  function why(request) {
    try {
      var said = JSON.parse(request.responseText);
      return said.title + ": " + said.detail;
    } catch (_) {
      return "The server does not answer";
    }
  }
  function failed(event) {
    say(why(event.detail.xhr) + ". What stands on this page is older than your last entry; enter it again in a while.");
  }
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, failed);
  });
  document.addEventListener("htmx:afterSwap", function () {
    say("");
  });
})();
