import { cleanName, emailAddress } from '../../../platform/text/index.js';

/** What a provider says: values by the name of the attribute or claim. */
export type Attributes = Readonly<Record<string, readonly string[]>>;

export interface AttributeNames {
  email: string;
  givenName: string;
  familyName: string;
}

export interface ProfileMapping {
  idpClaim: string;
  /** `first_name` …, or `custom:<key>`. */
  profileField: string;
}

/** A profile as members have it. */
export interface SaidProfile {
  firstName?: string;
  lastName?: string;
  department?: string;
  title?: string;
  phone?: string;
  location?: string;
  employeeId?: string;
  managerName?: string;
  startDate?: string;
  customAttributes?: Record<string, string>;
}

/** Where providers put things: names of OIDC, of Okta, Google and Keycloak, of Entra and ADFS, of LDAP. */
const usual = {
  email: [
    'email',
    'mail',
    'emailAddress',
    'Email',
    'User.email',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
    'urn:oid:0.9.2342.19200300.100.1.3',
    'urn:oid:1.2.840.113549.1.9.1',
    'preferred_username',
    'upn',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn',
  ],
  givenName: [
    'given_name',
    'givenName',
    'firstName',
    'first_name',
    'FirstName',
    'User.FirstName',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname',
    'urn:oid:2.5.4.42',
  ],
  familyName: [
    'family_name',
    'familyName',
    'lastName',
    'last_name',
    'surname',
    'sn',
    'LastName',
    'User.LastName',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname',
    'urn:oid:2.5.4.4',
  ],
  groups: [
    'groups',
    'group',
    'memberOf',
    'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups',
    'http://schemas.xmlsoap.org/claims/Group',
    'roles',
    'Role',
    'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
  ],
};

const LONGEST_VALUE = 200;
const LONGEST_CUSTOM_VALUE = 1000;
const MOST_CUSTOM = 50;
const CUSTOM = 'custom:';

const profileFields: Readonly<Record<string, keyof Omit<SaidProfile, 'customAttributes'>>> = {
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

const MOST_ADDRESSES = 20;

/**
 * The addresses that the provider names, as they are stored, by the attributes that may hold them: the named one, or the usual
 * ones and the subject. Of a provider that says which address it has verified, only `verified` counts.
 */
export function emailsIn(
  attributes: Attributes,
  name: string,
  subject: string,
  verified?: string,
): string[][] {
  const sources =
    name === ''
      ? [...usual.email.map((one) => valuesOf(attributes, one)), [subject]]
      : [valuesOf(attributes, name)];
  const known = verified === undefined ? [] : addressesIn(valuesOf(attributes, verified));
  if (name === '' && known.length > 0) return [known];
  return sources.map(addressesIn).filter((addresses) => addresses.length > 0);
}

function addressesIn(values: readonly string[]): string[] {
  const addresses = values.slice(0, MOST_ADDRESSES).map(emailAddress);
  return [...new Set(addresses)].filter((email) => email !== undefined);
}

export function groupsIn(attributes: Attributes, name: string): string[] {
  const names = name === '' ? usual.groups : [name];
  const groups = names.flatMap((one) => valuesOf(attributes, one)).map((group) => group.trim());
  return [...new Set(groups)].filter((group) => group !== '');
}

/** What the provider says of the profile, cut to what a profile can hold; what it does not say is left out. */
export function profileIn(
  attributes: Attributes,
  names: AttributeNames,
  mappings: readonly ProfileMapping[],
): SaidProfile {
  const profile: SaidProfile = {};
  const firstName = oneOf(attributes, names.givenName, usual.givenName);
  const lastName = oneOf(attributes, names.familyName, usual.familyName);
  if (firstName) profile.firstName = nameOf(firstName);
  if (lastName) profile.lastName = nameOf(lastName);
  for (const { idpClaim, profileField } of mappings) {
    const value = valuesOf(attributes, idpClaim)[0];
    if (!value) continue;
    const field = Object.hasOwn(profileFields, profileField) ? profileFields[profileField] : undefined;
    if (field && (field !== 'startDate' || isDay(value))) profile[field] = nameOf(value);
    else if (profileField.startsWith(CUSTOM)) addCustom(profile, profileField.slice(CUSTOM.length), value);
  }
  return profile;
}

export interface Mapped<Role> {
  role: Role | undefined;
  /** What a group would have given, but holds more than logins may give. */
  exceeding: Role | undefined;
}

/** The role of the first mapping that fits; none above the ceiling. */
export function mappedRole<Role extends { permissions: readonly number[] }>(
  groups: readonly string[],
  mappings: readonly { group: string; roleId: string }[],
  roles: ReadonlyMap<string, Role>,
  ceiling: readonly number[],
): Mapped<Role> {
  const mapping = mappings.find(({ group, roleId }) => groups.includes(group.trim()) && roles.has(roleId));
  const role = mapping && roles.get(mapping.roleId);
  return !role || isWithin(role, ceiling)
    ? { role, exceeding: undefined }
    : { role: undefined, exceeding: role };
}

export function isWithin(
  { permissions }: { permissions: readonly number[] },
  ceiling: readonly number[],
): boolean {
  return permissions.every((permission) => ceiling.includes(permission));
}

function addCustom(profile: SaidProfile, key: string, value: string): void {
  const known = profile.customAttributes ?? {};
  if (Object.keys(known).length >= MOST_CUSTOM) return;
  profile.customAttributes = { ...known, [key]: cut(value, LONGEST_CUSTOM_VALUE) };
}

function oneOf(attributes: Attributes, name: string, names: readonly string[]): string | undefined {
  return name === '' ? firstValues(attributes, names)[0] : valuesOf(attributes, name)[0];
}

function firstValues(attributes: Attributes, names: readonly string[]): string[] {
  return names.flatMap((name) => valuesOf(attributes, name).slice(0, 1));
}

function valuesOf(attributes: Attributes, name: string): readonly string[] {
  return Object.hasOwn(attributes, name) ? (attributes[name] ?? []) : [];
}

function isDay(value: string): boolean {
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

function nameOf(value: string): string {
  return cut(cleanName(value), LONGEST_VALUE);
}

/** Between characters, never through the middle of one. */
export function cut(value: string, longest: number): string {
  if (value.length <= longest) return value;
  const end = /[\uD800-\uDBFF]/.test(value.charAt(longest - 1)) ? longest - 1 : longest;
  return value.slice(0, end);
}
