/** What a JSON text may cost the parser: levels, and objects and arrays in all. */
export interface Structure {
  depth: number;
  containers: number;
}

/** Whether the text nests deeper or holds more objects and arrays than allowed; it need not be JSON. */
export function isTooComplex(json: string, allowed: Structure): boolean {
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') at = endOfString(json, at);
    else if (character === '}' || character === ']') depth--;
    else if (character === '{' || character === '[') {
      if (++depth > allowed.depth || ++containers > allowed.containers) return true;
    }
  }
  return false;
}

/** The place of the closing quote, or the end of the text. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return json.length;
}
