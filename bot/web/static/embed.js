// Signpost's search box, where this script stands; see docs/api.md.
(() => {
  const me = document.currentScript, { key, top = 5, label = "Search links", section } = me.dataset;
  const api = new URL("/api/v1/ask", me.src), host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" }), sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{display:block;font:inherit;color-scheme:inherit}form{display:flex;gap:.5em}
input,button{font:inherit;min-height:44px;padding:0 .8em;border:1px solid;border-radius:.4em;color:inherit;background:transparent}
input{flex:1;min-width:0}button{cursor:pointer}:focus-visible{outline:2px solid Highlight}
ol{list-style:none;margin:0;padding:0}li{padding:.7em 0;border-top:1px solid #8886}
a{color:LinkText;font-weight:600}p{margin:.3em 0}small{display:block;opacity:.8}`);
  root.adoptedStyleSheets = [sheet];
  const make = (tag, text = "", set = {}) => Object.assign(document.createElement(tag), { textContent: text }, set);
  const form = make("form", "", { role: "search" }), box = make("input", "", { type: "search", name: "q", placeholder: label });
  box.setAttribute("aria-label", label);
  const said = make("p", "", { role: "status" }), list = make("ol");
  form.append(box, make("button", "Search"));
  root.append(form, said, list);
  me.after(host);

  const leads = {
    sure: "", perhaps: "Not sure, but these may be near:", nothing: "Nothing answers this. The nearest misses:",
  };
  const item = ({ url, title, description, publisher, status }) => {
    const entry = make("li"), safe = /^https?:\/\//i.test(url);
    entry.append(safe ? make("a", title, { href: url, rel: "noreferrer" }) : make("b", title));
    if (description) entry.append(make("p", description));
    entry.append(make("small", [publisher, status === "alive" ? "" : status].filter(Boolean).join(" · ")));
    return entry;
  };
  let asking, timer;
  const ask = async () => {
    clearTimeout(timer);
    asking?.abort();
    const q = box.value.trim();
    if (!q) return list.replaceChildren(), (said.textContent = "");
    asking = new AbortController();
    api.search = new URLSearchParams({ q, top, ...(section && { section }) });
    try {
      const headers = key ? { Authorization: `Bearer ${key}` } : {};
      const response = await fetch(api, { signal: asking.signal, headers }), found = await response.json();
      const results = found.results ?? [], count = `${results.length} link${results.length === 1 ? "" : "s"}`;
      list.replaceChildren(...results.map(item));
      said.textContent = response.ok ? (results.length ? leads[found.verdict] || count : "Nothing answers this.") : found.detail;
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = "The search cannot be reached.";
    }
  };
  form.addEventListener("submit", (event) => (event.preventDefault(), ask()));
  box.addEventListener("input", () => (clearTimeout(timer), (timer = setTimeout(ask, 250))));
})();
