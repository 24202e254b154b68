import { placeholders } from '@dovecote/template';
import { type AppError, type FieldViolation, invalidArgument } from '../../../platform/errors/index.js';
import type { DeclaredVariable } from './template-version.js';

/** Numbers of pidgr.v1.TemplateType. */
export const templateTypes = { unspecified: 0, markdown: 1, rich: 2, html: 3 } as const;

/** The language of a template when neither it nor its organization names one. */
export const fallbackLocale = 'en';

/** What a PROFILE variable can name, besides `custom:<key>`. */
export const profileFields: readonly string[] = [
  'name',
  'email',
  'first_name',
  'last_name',
  'department',
  'title',
  'phone',
  'location',
  'employee_id',
  'manager_name',
  'start_date',
];

export interface NewVersion {
  body: string;
  variables: readonly DeclaredVariable[];
}

/** What is left empty stays as it was; of variables those that the text still has. */
export function nextVersion(
  before: NewVersion & { title: string },
  { body, variables }: NewVersion,
): NewVersion {
  if (body === '' && variables.length > 0) return { body: before.body, variables };
  if (variables.length > 0) return { body, variables };
  const used = new Set([...placeholders(before.title), ...placeholders(body)]);
  return { body, variables: before.variables.filter(({ name }) => used.has(name)) };
}

/** Why a version cannot be written; undefined when it can. */
export function refuseVersion(version: NewVersion): AppError | undefined {
  return refusal([...emptyBody(version.body), ...repeatedNames(version.variables)]);
}

/** Why a template cannot be created; undefined when it can. */
export function refuseTemplate(template: NewVersion & { type: number }): AppError | undefined {
  const reserved = template.type === templateTypes.rich || template.type === templateTypes.html;
  return refusal([
    ...(reserved
      ? [{ field: 'type', description: 'is kept for later; only MARKDOWN can be written today' }]
      : []),
    ...emptyBody(template.body),
    ...repeatedNames(template.variables),
  ]);
}

/** The stored types that a filter means. Unspecified rows are Markdown. */
export function typesMatching(filter: number): number[] {
  const { unspecified, markdown } = templateTypes;
  if (filter === unspecified) return Object.values(templateTypes);
  return filter === markdown ? [unspecified, markdown] : [filter];
}

function emptyBody(body: string): FieldViolation[] {
  return body.trim() === '' ? [{ field: 'body', description: 'must not be empty' }] : [];
}

function repeatedNames(variables: readonly DeclaredVariable[]): FieldViolation[] {
  const seen = new Set<string>();
  return variables.flatMap(({ name }, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ field: `variables[${index}].name`, description: 'is declared twice' }];
  });
}

function refusal(violations: FieldViolation[]): AppError | undefined {
  return violations.length > 0 ? invalidArgument(violations) : undefined;
}
