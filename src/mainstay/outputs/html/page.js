"use strict";
// The filters. Their state is the page's address behind the #, so that a filtered page can be linked to.
(() => {
  const form = document.getElementById("filters");
  const said = form.querySelector("output");
  const items = [...document.querySelectorAll(".item")];
  const ranks = ["low", "medium", "high", "critical"];
  const texts = new Map();

  function matches(item, wanted) {
    if (wanted.pillar && !item.dataset.pillars?.split(" ").includes(wanted.pillar)) return false;
    if (wanted.verdict && !item.dataset.verdicts.split(" ").includes(wanted.verdict)) return false;
    if (wanted.severity && ranks.indexOf(item.dataset.severity) < ranks.indexOf(wanted.severity)) return false;
    if (!wanted.text) return true;
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return wanted.text.toLowerCase().split(/\s+/).every(word => texts.get(item).includes(word));
  }

  function wanted() {
    return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(pair => pair[1]));
  }

  function apply() {
    const chosen = wanted();
    let shown = 0;
    for (const item of items) {
      item.hidden = !matches(item, chosen);
      if (!item.hidden) shown += 1;
    }
    for (const section of document.querySelectorAll("section")) {
      const own = section.querySelectorAll(".item");
      if (own.length) section.hidden = [...own].every(item => item.hidden);
    }
    for (const each of document.querySelectorAll("[data-pillar]")) {
      each.hidden = Boolean(chosen.pillar) && each.dataset.pillar !== chosen.pillar;
    }
    const words = Object.keys(chosen).map(name => form.elements[name].selectedOptions?.[0].text ?? chosen[name]);
    said.value = words.length ? `${shown} of ${items.length} entries: ${words.join(", ")}` : "";
  }

  function read() {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes("=")) {
      reveal(document.getElementById(decodeURIComponent(hash)));
      return;
    }
    const chosen = new URLSearchParams(hash);
    for (const field of form.elements) if (field.name) field.value = chosen.get(field.name) ?? "";
    for (const field of form.querySelectorAll("select")) if (field.selectedIndex < 0) field.value = "";
    apply();
  }

  // A link to an entry opens it, whatever the filters hide.
  function reveal(target) {
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      apply();
    }
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    target.scrollIntoView();
  }

  function write() {
    history.replaceState(null, "", `#${new URLSearchParams(wanted())}`);
    apply();
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });
  addEventListener("hashchange", read);
  form.addEventListener("input", write);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(write));
  form.hidden = false;
  read();
})();
