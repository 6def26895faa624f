// The page of the tool: reads the text, shows the answers of the modules.

import { clean } from "../modules/clean.js";
import { count, frequent, time } from "../modules/count.js";

const ALOUD = 0.6;
const MOST = 8;
const FILE_BYTES_MAX = 20_000_000;

const byId = (id) => document.getElementById(id);
const [text, pace, status] = ["text", "pace", "status"].map(byId);

function list(target, lines) {
  target.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  );
}

function show() {
  const given = { text: text.value };
  const made = count(given);
  const wordsPerMinute = Number(pace.value);
  const silent = time({ ...given, wordsPerMinute });
  const aloud = time({ ...given, wordsPerMinute: wordsPerMinute * ALOUD });
  list(byId("counts"), [
    `${made.words} words`,
    `${made.characters} characters, ${made.withoutSpaces} without spaces`,
    `${made.sentences} sentences in ${made.paragraphs} paragraphs`,
    silent.error ?? `${silent.shown} to read, ${aloud.shown} to read aloud`,
  ]);
  const { words } = frequent({ ...given, most: MOST });
  list(byId("frequent-words"), words.map(({ word, times }) => `${word}: ${times}`));
}

function put(content, said) {
  text.value = content;
  status.textContent = said;
  show();
}

async function useSample() {
  const answer = await fetch(new URL("sample.txt", import.meta.url));
  put(await answer.text(), "This is the sample. Replace it with a text of your own.");
}

async function open(input) {
  const [file] = input.files;
  if (!file) return;
  if (file.size > FILE_BYTES_MAX) {
    status.textContent = `${file.name} has more than 20 MB: open a smaller file.`;
  } else {
    put(await file.text(), `${file.name} is open. It stays in this browser.`);
  }
  // The same file can be opened again.
  input.value = "";
}

text.addEventListener("input", show);
pace.addEventListener("input", show);
byId("use-sample").addEventListener("click", () => {
  useSample().catch(() => {
    status.textContent = "The sample could not be loaded: reload the page, or paste a text of your own.";
  });
});
byId("file").addEventListener("change", (event) => open(event.target));
byId("clean").addEventListener("click", () => put(clean({ text: text.value }).text, "The text is cleaned up."));
show();
