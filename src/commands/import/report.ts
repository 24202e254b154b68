import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import type { Import, ImportCheck } from '@dovecote/contract/dovecote/transfer/v1/import_pb';

const MOST_PROBLEMS = 10;
const MOST_SAMPLES = 3;
const MOST_KINDS = 10;

/** What a check has found, as lines for a terminal. */
export function reportOf({ check, reportUrl }: Import): string[] {
  if (!check) return [];
  const { lines, events, profiles, aliases, skipped, refused, warnings } = check;
  return [
    `Lines: ${lines}, of which ${refused} cannot be taken and ${skipped} hold nothing to import. Parts left out: ${warnings}.`,
    `Events: ${events}${spanOf(check)}. Profiles: ${profiles}. Further ids: ${aliases}.`,
    ...kindsOf(check),
    ...samplesOf(check),
    ...problemsOf(check, reportUrl),
  ];
}

function spanOf({ firstTime, lastTime, months }: ImportCheck): string {
  return firstTime && lastTime
    ? `, from ${timeOf(firstTime)} to ${timeOf(lastTime)}, in ${months} months`
    : '';
}

function kindsOf({ kinds }: ImportCheck): string[] {
  const listed = kinds.slice(0, MOST_KINDS).map(({ kind, events }) => `${shown(kind)} ${events}`);
  return listed.length > 0 ? [`Most frequent: ${listed.join(', ')}.`] : [];
}

function samplesOf({ samples }: ImportCheck): string[] {
  return samples.slice(0, MOST_SAMPLES).map(({ line, kind, distinctId, occurTime, properties }) => {
    const at = occurTime ? timeOf(occurTime) : '';
    return `Line ${line} becomes ${shown(kind)} of ${shown(distinctId)} at ${at}: ${shown(properties)}`;
  });
}

function problemsOf({ problems, refused, warnings }: ImportCheck, reportUrl: string): string[] {
  const listed = problems.slice(0, MOST_PROBLEMS).map(({ line, field, description, isWarning }) => {
    const what = field === '' ? description : `${shown(field)} ${description}`;
    return `Line ${line}${isWarning ? ', a part' : ''}: ${what}`;
  });
  const more = Number(refused + warnings) - listed.length;
  return more > 0 ? [...listed, `${more} more problems: ${reportUrl}`] : listed;
}

/** A file is written by strangers: what a terminal would obey is escaped. */
function shown(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function timeOf(time: Timestamp): string {
  return timestampDate(time).toISOString();
}
