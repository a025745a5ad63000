// Makes the page quicker: answers while typing, arrow keys, verdicts and further links in place. Everything works without it.
"use strict";
(() => {
  const box = document.getElementById("q");
  const results = document.getElementById("results");
  const said = document.getElementById("said");
  if (!box) return;

  const PAUSE_MS = 40; // between keys of one word
  const READ_MS = 1200; // then an answer counts as read
  let waiting = 0;
  let reading = 0;
  let asking = null;
  let shown = box.value.trim();

  const address = (query) => (query ? "/?q=" + encodeURIComponent(query) : "/");
  const part = (url) => url + (url.includes("?") ? "&" : "?") + "part=1";
  const answer = () => results && results.firstElementChild;
  const titles = () => (results ? [...results.querySelectorAll("a.title")] : []);

  // Tells the server that an answer to what was typed was read, and which link was opened.
  const tell = (url) => {
    const id = answer() && answer().dataset.answer;
    if (!id) return;
    clearTimeout(reading);
    navigator.sendBeacon("/kept", new URLSearchParams({ answer_id: id, url: url || "" }));
  };

  const take = (html, query) => {
    results.innerHTML = html;
    const now = answer();
    if (!now) return;
    document.body.classList.toggle("is-asking", Boolean(query));
    document.title = now.dataset.title;
    if (said) said.textContent = now.dataset.said;
    fold();
    clearTimeout(reading);
    if (query) reading = setTimeout(tell, READ_MS);
  };

  // What stands below is of another question: Enter still asks this one, by the form.
  const failed = (status) => {
    waiting = 0;
    const note = results.querySelector(".away") || document.createElement("p");
    note.className = "note is-wrong away";
    note.textContent = status === 429 ? "That was too much at once. Wait a little, then press Enter." : "No answer came. Press Enter to try again.";
    results.prepend(note);
    if (said) said.textContent = note.textContent;
  };

  const show = async (query) => {
    if (!results) return;
    if (asking) asking.abort();
    asking = new AbortController();
    try {
      const response = await fetch(part(address(query)), { signal: asking.signal, redirect: "error" });
      if (!response.ok) return failed(response.status);
      take(await response.text(), query);
      shown = query;
      // One step back is what was there before anything was typed.
      history[history.state ? "replaceState" : "pushState"]({ typed: true }, "", address(query));
    } catch (error) {
      if (error.name !== "AbortError") failed();
    }
  };

  // Beside the links there is room on wide screens only.
  const fold = () => {
    const narrow = results && results.querySelector(".beside details");
    if (narrow && matchMedia("(max-width: 63.99rem)").matches) narrow.open = false;
  };

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    const query = box.value.trim();
    if (query !== shown) waiting = setTimeout(() => show(query), PAUSE_MS);
  });

  if (box.form) {
    box.form.addEventListener("submit", (event) => {
      if (results && waiting && box.value.trim() === shown) {
        event.preventDefault();
        tell();
        if (titles()[0]) titles()[0].focus();
      }
    });
  }

  addEventListener("popstate", () => location.reload());

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const at = document.activeElement;
    const typing = at && (at.matches("input, textarea, select") || at.isContentEditable);
    if (event.key === "/" && !typing) {
      event.preventDefault();
      box.focus();
      box.select();
      return;
    }
    if (event.key === "Escape" && at && at !== box && !typing) {
      box.focus();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = titles();
    const place = links.indexOf(at);
    if (!links.length || (place < 0 && at !== box)) return;
    const next = event.key === "ArrowDown" ? place + 1 : place - 1;
    if (place < 0 && event.key === "ArrowUp") return;
    event.preventDefault();
    (next < 0 ? box : links[Math.min(next, links.length - 1)]).focus();
  });

  if (results) {
    results.addEventListener("click", async (event) => {
      const link = event.target.closest("a");
      if (!link) return;
      if (link.matches("a.title")) tell(link.href);
      if (link.rel !== "next" || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      try {
        const response = await fetch(part(link.getAttribute("href")));
        if (!response.ok) throw new Error(response.status);
        const further = new DOMParser().parseFromString(await response.text(), "text/html");
        const fresh = [...further.querySelectorAll(".hits > li")];
        const pages = link.closest(".pages");
        results.querySelector(".hits").append(...fresh);
        pages.replaceChildren(...further.querySelectorAll(".pages [rel=next]"));
        if (said) said.textContent = further.body.firstElementChild.dataset.said;
        const first = fresh[0] && fresh[0].querySelector("a.title");
        if (first) first.focus();
      } catch {
        location.href = link.href;
      }
    });

    results.addEventListener("submit", async (event) => {
      const form = event.target.closest(".verdict");
      if (!form || !event.submitter) return;
      event.preventDefault();
      const fields = new URLSearchParams(new FormData(form, event.submitter));
      fields.set("part", "1");
      try {
        const response = await fetch(form.action, { method: "POST", body: fields, redirect: "error" });
        if (!response.headers.get("content-type").startsWith("text/html")) throw new Error(response.status);
        form.innerHTML = await response.text();
      } catch {
        form.querySelector("p").textContent = "That could not be sent. Try again in a moment.";
        if (said) said.textContent = form.querySelector("p").textContent;
      }
    });
  }

  fold();
})();
