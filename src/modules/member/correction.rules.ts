import { type AppError, type FieldViolation, invalidArgument } from '../../platform/errors/index.js';
import { isCalendarDate, type MemberProfile } from './member.rules.js';

/** New values by field; an empty one removes. */
export type Corrections = Readonly<Record<string, string>>;

interface Correctable {
  name: string;
  profile: MemberProfile;
}

const LONGEST = 200;
const MOST_CUSTOM = 50;
const custom = /^custom:(.{1,93})$/su;

const profileFields: Readonly<Record<string, Exclude<keyof MemberProfile, 'customAttributes'>>> = {
  first_name: 'firstName',
  last_name: 'lastName',
  department: 'department',
  title: 'title',
  phone: 'phone',
  location: 'location',
  employee_id: 'employeeId',
  manager_name: 'managerName',
  start_date: 'startDate',
};

export function refuseCorrections(corrections: Corrections): AppError | undefined {
  const violations = Object.entries(corrections).flatMap(([field, value]): FieldViolation[] => {
    const description = problemOf(field, value);
    return description ? [{ field: `corrections[${JSON.stringify(field)}]`, description }] : [];
  });
  return violations.length > 0 ? invalidArgument(violations) : undefined;
}

/** The member with the corrections, and which of them made a difference. */
export function correct(member: Correctable, corrections: Corrections): Correctable & { changed: string[] } {
  const profile: MemberProfile = { ...member.profile };
  const attributes = { ...profile.customAttributes };
  let { name } = member;
  const changed: string[] = [];
  for (const [field, value] of Object.entries(corrections)) {
    if (value === valueOf(member, field)) continue;
    changed.push(field);
    const key = custom.exec(field)?.[1];
    const known = profileFields[field];
    if (field === 'name') name = value;
    else if (known) profile[known] = value || undefined;
    else if (key !== undefined && value !== '') attributes[key] = value;
    else if (key !== undefined) delete attributes[key];
  }
  if (Object.keys(attributes).length > MOST_CUSTOM) {
    throw invalidArgument([
      { field: 'corrections', description: `make more than ${MOST_CUSTOM} attributes` },
    ]);
  }
  return { name, profile: { ...profile, customAttributes: attributes }, changed: changed.sort() };
}

function problemOf(field: string, value: string): string | undefined {
  if (field !== 'name' && !(field in profileFields) && !custom.test(field))
    return 'is no field that can be corrected';
  if (field === 'start_date' && value !== '' && !/^\d{4}-\d\d-\d\d$/.test(value))
    return 'must be a date, as 2026-01-31';
  if (field === 'start_date' && value !== '' && !isCalendarDate(value)) return 'is not a day of the calendar';
  if (value.includes('\0')) return 'must not contain NUL characters';
  return !custom.test(field) && [...value].length > LONGEST
    ? `must have at most ${LONGEST} characters`
    : undefined;
}

function valueOf({ name, profile }: Correctable, field: string): string {
  if (field === 'name') return name;
  const known = profileFields[field];
  return (known ? profile[known] : profile.customAttributes?.[custom.exec(field)?.[1] ?? '']) ?? '';
}
