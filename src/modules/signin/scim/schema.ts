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
    text('display', 'As it is shown.'),
    text('type', 'What it is for.', { canonicalValues: types }),
    { name: 'primary', type: 'boolean', description: 'The preferred one; at most one is.' },
  ];
  return { name, type: 'complex', description, multiValued: true, subAttributes };
}

export const userSchema: ResourceSchema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'A member of the organization',
  attributes: [
    text('userName', 'What the directory knows the person by.', { required: true, uniqueness: 'server' }),
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
    text('displayName', 'The name that colleagues see.'),
    text('nickName', 'Casual name.'),
    text('title', 'Position.'),
    text('userType', 'Relation to the organization.'),
    text('preferredLanguage', 'Preferred language.'),
    text('locale', 'Locale.'),
    text('timezone', 'Time zone.'),
    { name: 'active', type: 'boolean', description: 'Whether the person may act in the organization.' },
    several('emails', 'Addresses; one in a proven domain is what the person signs in with.', [
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
        text('type', 'What it is for.', { canonicalValues: ['work', 'home', 'other'] }),
        { name: 'primary', type: 'boolean', description: 'The preferred one; at most one is.' },
      ],
    },
    {
      name: 'groups',
      type: 'complex',
      multiValued: true,
      mutability: 'readOnly',
      description: 'Groups that the person is in; changed through the groups.',
      subAttributes: [
        text('value', 'Id of a group.', { mutability: 'readOnly' }),
        {
          name: '$ref',
          type: 'reference',
          referenceTypes: ['Group'],
          mutability: 'readOnly',
          description: 'Where the group is.',
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
  description: 'What employers know of people',
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
      description: 'Who is in it.',
      subAttributes: [
        text('value', 'Id of a user.', { mutability: 'immutable' }),
        {
          name: '$ref',
          type: 'reference',
          referenceTypes: ['User'],
          mutability: 'immutable',
          description: 'Where the user is.',
        },
        text('display', 'Name of the user.', { mutability: 'readOnly' }),
        text('type', 'User.', { mutability: 'immutable', canonicalValues: ['User'] }),
      ],
    },
  ],
};

/** Common to all resources, and therefore in no schema. */
const externalId = text('externalId', 'What the directory identifies it by.');

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
