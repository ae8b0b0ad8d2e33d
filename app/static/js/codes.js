// The page of recovery codes: print, download, copy. Nothing leaves this page by itself.

import { say } from "./say.js";

const acts = document.querySelector("[data-codes]");
const codes = document.getElementById("codes");
const said = acts.querySelector("[data-said]");
acts.hidden = false;

acts.querySelector("[data-print]").addEventListener("click", () => window.print());

acts.querySelector("[data-download]").addEventListener("click", () => {
  const name = acts.dataset.codes;
  const file = new Blob([`Recovery codes for ${name}. Each works once.\n\n${codes.value}\n`], { type: "text/plain" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "recovery-codes.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  say(said, "Saved as recovery-codes.txt.");
});

acts.querySelector("[data-copy-codes]").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(codes.value);
    say(said, "Copied.");
  } catch {
    say(said, "This browser does not let pages copy. Select the codes and copy them.");
  }
});
