/** What has written a file, by the names that `--format` takes. */
export const fileFormats = [
  'amplitude',
  'csv',
  'dovecote',
  'dovecote-parquet',
  'ga4',
  'mixpanel',
  'posthog',
  'segment',
] as const;
export type FileFormat = (typeof fileFormats)[number];

const segmentTypes: ReadonlySet<unknown> = new Set(['track', 'page', 'screen', 'identify', 'group', 'alias']);

/** What has written a file that begins so; undefined when it is not recognized. */
export function formatOf(beginning: Buffer): FileFormat | undefined {
  if (beginning.subarray(0, 4).toString('latin1') === 'PAR1') return 'dovecote-parquet';
  const text = beginning
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (!/^[[{]/.test(text)) return formatOfNames(text.split(/\r?\n/, 1)[0] ?? '');
  const first = firstObject(text);
  return first && formatOfObject(first);
}

function formatOfObject(object: Readonly<Record<string, unknown>>): FileFormat | undefined {
  const has = (...names: readonly string[]): boolean => names.every((name) => Object.hasOwn(object, name));
  const { type } = object;
  // Both products have calls of the type alias.
  if (type === 'event' || type === 'profile' || (type === 'alias' && has('externalId'))) return 'dovecote';
  if (segmentTypes.has(type)) return 'segment';
  if (has('event_name', 'event_timestamp')) return 'ga4';
  if (has('event_type') && (has('event_time') || has('amplitude_id'))) return 'amplitude';
  if (has('$distinct_id')) return 'mixpanel';
  if (has('distinct_ids') || (has('distinct_id') && (has('event') || has('person_id')))) return 'posthog';
  return has('event', 'properties') ? 'mixpanel' : undefined;
}

function formatOfNames(line: string): FileFormat | undefined {
  const names = line.split(/[,;|\t]/).map((name) => name.replaceAll('"', '').replace(/^\*\./, '').trim());
  if (names.length < 2) return undefined;
  return ['event', 'distinct_id', 'timestamp'].every((name) => names.includes(name)) ? 'posthog' : 'csv';
}

/** The first object of lines, of an array, or of the list `results` of an object; undefined when it does not end. */
function firstObject(text: string): Record<string, unknown> | undefined {
  const answer = /^\{[^[{]*"results"\s*:\s*\[/.exec(text);
  const begin = text.indexOf('{', answer ? answer[0].length : 0);
  if (begin < 0) return undefined;
  let depth = 0;
  let inText = false;
  for (let at = begin; at < text.length; at += 1) {
    const character = text[at];
    if (inText) {
      if (character === '\\') at += 1;
      else if (character === '"') inText = false;
      continue;
    }
    if (character === '"') inText = true;
    else if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    if (depth === 0) return parsed(text.slice(begin, at + 1));
  }
  return undefined;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    // It begins with a brace.
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
