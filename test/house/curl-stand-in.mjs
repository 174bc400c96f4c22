#!/usr/bin/env node
// As much of curl as our documents use, for machines without it.
import { readFileSync, writeFileSync, writeSync } from "node:fs";

const values = { "-H": [], "-d": [], "-X": [], "-o": [] };
const urls = [];
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word in values) values[word].push(words.shift());
  else if (word !== "-s") urls.push(word);
}
const [data] = values["-d"];
const [url] = urls;
const response = await fetch(url.includes("://") ? url : `http://${url}`, {
  method: values["-X"][0] ?? (data === undefined ? "GET" : "POST"),
  headers: values["-H"].map((header) => header.split(/:\s*/, 2)),
  ...(data !== undefined && { body: data.startsWith("@") ? readFileSync(data.slice(1)) : data }),
});
const text = await response.text();
const [file] = values["-o"];
if (file === undefined) writeSync(1, text);
else writeFileSync(file, text);
