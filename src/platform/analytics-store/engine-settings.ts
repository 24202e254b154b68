/** Settings of the engine that a statement carries. They are part of its text and end with it. */
export type EngineSettings = Readonly<Record<string, number | string | Readonly<Record<string, string>>>>;

/** `SETTINGS a = 1, b = 'text', c = {'key': 'value'}`. Values come from the configuration and from numbers. */
export function settingsClause(settings: EngineSettings): string {
  const assignments = Object.entries(settings).map(([name, setting]) => `${name} = ${literal(setting)}`);
  return `SETTINGS ${assignments.join(', ')}`;
}

function literal(setting: EngineSettings[string]): string {
  if (typeof setting === 'number') return String(setting);
  if (typeof setting === 'string') return quotedText(setting);
  const pairs = Object.entries(setting).map(([key, text]) => `${quotedText(key)}: ${quotedText(text)}`);
  return `{${pairs.join(', ')}}`;
}

function quotedText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
