"use strict";
(function () {
  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const files = Array.from(document.querySelectorAll("section.file"), function (section) {
    return { section: section, findings: Array.from(section.querySelectorAll("article"), function (article) {
      return { article: article, text: null };
    }) };
  });
  function apply() {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rule = form.elements.rule.value;
    let count = 0, all = 0;
    for (const file of files) {
      let some = false;
      for (const finding of file.findings) {
        const data = finding.article.dataset;
        let show = form.elements[data.level].checked;
        if (show) show = rule === "" || rule === data.rule;
        if (show) {
          if (words.length !== 0) {
            if (finding.text === null) finding.text = finding.article.textContent.toLowerCase();
            show = words.every(function (word) { return finding.text.includes(word); });
          }
        }
        finding.article.hidden = !show;
        all++;
        if (show) { some = true; count++; }
      }
      file.section.hidden = !some;
    }
    shown.textContent = count + " of " + all + " findings";
  }
  let waiting = 0;
  form.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); apply(); });
  form.addEventListener("reset", function () { setTimeout(apply, 0); });
  // A link to a finding or a file that the filter hides shows all again.
  addEventListener("hashchange", function () {
    const target = document.getElementById(location.hash.slice(1));
    if (target !== null) if (target.closest("[hidden]") !== null) { form.reset(); apply(); target.scrollIntoView(); }
  });
  form.hidden = false;
  apply();
})();
