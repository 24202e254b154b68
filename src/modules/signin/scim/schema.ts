/** What an attribute is, in the words of RFC 7643, section 7. */
export interface Attribute {
  name: string;
  type: 'string' | 'boolean' | 'complex' | 'reference';
  description: string;
  multiValued?: boolean;
  required?: boolean;
  mutability?: 'readOnly' | 'readWrite' | 'immutable';
  uniqueness?: 'server';
  canonicalValues?: readonly string[];
  referenceTypes?: readonly string[];
  subAttributes?: readonly Attribute[];
}

export interface ResourceSchema {
  id: string;
  name: string;
  description: string;
  attributes: readonly Attribute[];
}

export const enterpriseUrn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

function text(name: string, description: string, more: Partial<Attribute> = {}): Attribute {
  return { name, type: 'string', description, ...more };
}

function several(name: string, description: string, types: readonly string[]): Attribute {
  const subAttributes: Attribute[] = [
    text('value', 'The value.'),
    text('display', 'Formatted for display.'),
    text('type', 'Label, such as work or home.', { canonicalValues: types }),
    { name: 'primary', type: 'boolean', description: 'The preferred one; at most one is.' },
  ];
  return { name, type: 'complex', description, multiValued: true, subAttributes };
}

export const userSchema: ResourceSchema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'A member of the organization',
  attributes: [
    text('userName', 'Identifier of the person in the directory.', { required: true, uniqueness: 'server' }),
    {
      name: 'name',
      type: 'complex',
      description: 'The parts of the name.',
      subAttributes: [
        text('formatted', 'The whole name.'),
        text('familyName', 'Family name.'),
        text('givenName', 'Given name.'),
        text('middleName', 'Middle name.'),
        text('honorificPrefix', 'Title before the name.'),
        text('honorificSuffix', 'Suffix after the name.'),
      ],
    },
    text('displayName', 'Display name.'),
    text('nickName', 'Casual name.'),
    text('title', 'Position.'),
    text('userType', 'Relation to the organization, such as employee or contractor.'),
    text('preferredLanguage', 'Preferred language.'),
    text('locale', 'Locale.'),
    text('timezone', 'Time zone.'),
    { name: 'active', type: 'boolean', description: 'Whether the person may act in the organization.' },
    several('emails', 'E-mail addresses; the user signs in with one in a proven domain.', [
      'work',
      'home',
      'other',
    ]),
    several('phoneNumbers', 'Phone numbers.', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
    {
      name: 'addresses',
      type: 'complex',
      multiValued: true,
      description: 'Postal addresses.',
      subAttributes: [
        text('formatted', 'The whole address.'),
        text('streetAddress', 'Street and number.'),
        text('locality', 'City.'),
        text('region', 'State or region.'),
        text('postalCode', 'Postal code.'),
        text('country', 'Country.'),
        text('type', 'Label, such as work or home.', { canonicalValues: ['work', 'home', 'other'] }),
        { name: 'primary', type: 'boolean', description: 'The preferred one; at most one is.' },
      ],
    },
    {
      name: 'groups',
      type: 'complex',
      multiValued: true,
      mutability: 'readOnly',
      description: 'Groups of the user; read-only, change them through /Groups.',
      subAttributes: [
        text('value', 'Id of a group.', { mutability: 'readOnly' }),
        {
          name: '$ref',
          type: 'reference',
          referenceTypes: ['Group'],
          mutability: 'readOnly',
          description: 'URL of the group.',
        },
        text('display', 'Name of the group.', { mutability: 'readOnly' }),
        text('type', 'Always direct.', { mutability: 'readOnly', canonicalValues: ['direct'] }),
      ],
    },
  ],
};

export const enterpriseSchema: ResourceSchema = {
  id: enterpriseUrn,
  name: 'EnterpriseUser',
  description: 'Enterprise attributes of a user',
  attributes: [
    text('employeeNumber', 'Number of the employee.'),
    text('costCenter', 'Cost center.'),
    text('organization', 'Organization.'),
    text('division', 'Division.'),
    text('department', 'Department.'),
    {
      name: 'manager',
      type: 'complex',
      description: 'The manager.',
      subAttributes: [
        text('value', 'Id of the manager, as a user here.'),
        text('displayName', 'Name of the manager.', { mutability: 'readOnly' }),
      ],
    },
  ],
};

export const groupSchema: ResourceSchema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'A group of the directory',
  attributes: [
    text('displayName', 'Name of the group.', { required: true, uniqueness: 'server' }),
    {
      name: 'members',
      type: 'complex',
      multiValued: true,
      description: 'Members of the group.',
      subAttributes: [
        text('value', 'Id of a user.', { mutability: 'immutable' }),
        {
          name: '$ref',
          type: 'reference',
          referenceTypes: ['User'],
          mutability: 'immutable',
          description: 'URL of the user.',
        },
        text('display', 'Name of the user.', { mutability: 'readOnly' }),
        text('type', 'User.', { mutability: 'immutable', canonicalValues: ['User'] }),
      ],
    },
  ],
};

/** Common to all resources, and therefore in no schema. */
const externalId = text('externalId', 'Identifier of the group in the directory.');

/** What may be written of a user; an extension is an attribute by the name of its schema. */
export const userAttributes: readonly Attribute[] = [
  externalId,
  ...userSchema.attributes,
  {
    name: enterpriseUrn,
    type: 'complex',
    description: enterpriseSchema.description,
    subAttributes: enterpriseSchema.attributes,
  },
];

export const groupAttributes: readonly Attribute[] = [externalId, ...groupSchema.attributes];

export function attributeNamed(attributes: readonly Attribute[], name: string): Attribute | undefined {
  const wanted = name.toLowerCase();
  return attributes.find((attribute) => attribute.name.toLowerCase() === wanted);
}
