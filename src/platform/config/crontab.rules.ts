const ranges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/** Whether a text is a crontab of five fields: `*`, numbers, ranges, lists and steps. */
export function isCrontab(text: string): boolean {
  const fields = text.trim().split(/\s+/);
  return fields.length === ranges.length && fields.every((field, at) => isField(field, ranges[at] ?? [0, 0]));
}

function isField(field: string, [least, most]: readonly [number, number]): boolean {
  return field.split(',').every((part) => {
    const [, star, from, to, step] = /^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    if (star === undefined && from === undefined) return false;
    if (step !== undefined && (Number(step) < 1 || (star === undefined && to === undefined))) return false;
    const first = Number(from ?? least);
    const last = Number(to ?? from ?? most);
    return first >= least && last <= most && first <= last;
  });
}
