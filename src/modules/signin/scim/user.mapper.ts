import { createHash } from 'node:crypto';
import { cleanName, emailAddress } from '../../../platform/text/index.js';
import type { MemberProfile } from '../../people/member/index.js';
import type { ETagged } from './etag.js';
import type { Answer } from './projection.js';
import { type Document, documentOf, listOf, textOf, type Value } from './resource.js';
import { enterpriseUrn, userSchema } from './schema.js';

const LONGEST_NAME = 200;

/** A member as a directory sees them through its connection. */
export interface ScimUser {
  id: string;
  email: string;
  name: string;
  active: boolean;
  profile: MemberProfile;
  managerId: string | null;
  /** What the directory last said; null when it never spoke of them. */
  document: Document | null;
  createdAt: Date;
  updatedAt: Date;
}

/** A group, as it is shown with a user. */
export interface UserGroup {
  id: string;
  displayName: string;
}

/** What there is to change: what the directory said, or what it would have. */
export function currentDocument(user: ScimUser): Document {
  return { ...(user.document ?? inferredDocument(user)), active: user.active };
}

function inferredDocument({ email, name, profile, managerId }: ScimUser): Document {
  const { firstName, lastName, title, phone, department, employeeId } = profile;
  return assigned({
    userName: email,
    name: assigned({ givenName: firstName, familyName: lastName }),
    displayName: name,
    title,
    emails: [{ value: email, type: 'work', primary: true }],
    phoneNumbers: phone ? [{ value: phone, type: 'work' }] : undefined,
    [enterpriseUrn]: assigned({
      employeeNumber: employeeId,
      department,
      manager: managerId ? { value: managerId } : undefined,
    }),
  });
}

/** What says something. */
function assigned(values: Record<string, Value | undefined>): Document {
  const said = Object.entries(values).filter(([, value]) => {
    if (value === undefined || value === '') return false;
    return typeof value !== 'object' || Object.keys(value).length > 0;
  });
  return Object.fromEntries(said) as Document;
}

/** Addresses by which the person may be known here, most likely first. */
export function addressesIn(document: Document): string[] {
  const emails = listOf(document.emails);
  const rank = (email: Document): number => (email.primary === true ? 0 : isWork(email) ? 1 : 2);
  const inOrder = emails.toSorted((a, b) => rank(a) - rank(b)).map(({ value }) => textOf(value));
  return [...new Set([...inOrder, textOf(document.userName)].flatMap((one) => emailAddress(one) ?? []))];
}

export function nameIn(document: Document): string {
  const { formatted, givenName, familyName } = documentOf(document.name);
  const parts = [textOf(givenName), textOf(familyName)].filter(Boolean).join(' ');
  const name = [textOf(document.displayName), textOf(formatted), parts].map(cleanName).find(Boolean) ?? '';
  return [...name].slice(0, LONGEST_NAME).join('');
}

export function managerIn(document: Document): string {
  return textOf(documentOf(documentOf(document[enterpriseUrn]).manager).value);
}

/** The fields of a profile that directories fill; what a name cannot hold is left out. */
export function profileIn(document: Document): Partial<MemberProfile> {
  const { givenName, familyName } = documentOf(document.name);
  const { employeeNumber, department } = documentOf(document[enterpriseUrn]);
  const phones = listOf(document.phoneNumbers);
  const phone = phones.find(({ primary }) => primary === true) ?? phones.find(isWork);
  return assigned({
    firstName: fieldOf(givenName),
    lastName: fieldOf(familyName),
    department: fieldOf(department),
    title: fieldOf(document.title),
    phone: fieldOf((phone ?? phones[0])?.value),
    employeeId: fieldOf(employeeNumber),
  });
}

function fieldOf(value: Value | undefined): string {
  return cleanName(textOf(value));
}

/** Directories spell types differently in case only. */
function isWork({ type }: Document): boolean {
  return textOf(type).toLowerCase() === 'work';
}

/** What the profile had from the directory before, and has no more. */
export function withdrawnFrom(before: Document | null, after: Document): (keyof MemberProfile)[] {
  const said = profileIn(after);
  const fields = Object.keys(before ? profileIn(before) : {}) as (keyof MemberProfile)[];
  return fields.filter((field) => !Object.hasOwn(said, field));
}

/**
 * The resource, with its ETag. Groups are shown and are no part of the version: a client that changes the person answers
 * for nothing that happens to groups.
 */
export function toUser(user: ScimUser, groups: readonly UserGroup[], baseUrl: string): ETagged {
  const plain = plainOf(user);
  const etag = versionOf(user);
  const meta = {
    resourceType: 'User',
    created: user.createdAt.toISOString(),
    lastModified: user.updatedAt.toISOString(),
    location: `${baseUrl}/Users/${user.id}`,
    version: etag,
  };
  return { body: { ...plain, ...(groups.length > 0 && { groups: groups.map(shown) }), meta }, etag };

  function shown({ id: value, displayName: display }: UserGroup): Answer {
    return { value, $ref: `${baseUrl}/Groups/${value}`, display, type: 'direct' };
  }
}

export function versionOf(user: ScimUser): string {
  return etagOf(plainOf(user));
}

function plainOf(user: ScimUser): Answer {
  const document = currentDocument(user);
  const schemas = [userSchema.id, ...(Object.hasOwn(document, enterpriseUrn) ? [enterpriseUrn] : [])];
  return { schemas, id: user.id, ...document };
}

/** A hash of the content, so that it changes whichever way the member was changed. */
function etagOf(content: Answer): string {
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
  return `W/"${digest.slice(0, 22)}"`;
}
