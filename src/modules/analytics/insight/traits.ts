/** Traits as the analytics store keeps them, flat, by dotted paths, as the nested object that was sent. */
export function nestedTraits(
  texts: Readonly<Record<string, string>>,
  numbers: Readonly<Record<string, number>>,
): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, text] of Object.entries(texts)) {
    const steps = path.split('.');
    const name = steps.pop() ?? path;
    let place = root;
    for (const step of steps) place = (place[step] ??= {}) as Record<string, unknown>;
    place[name] = numbers[path] ?? text;
  }
  return root;
}
