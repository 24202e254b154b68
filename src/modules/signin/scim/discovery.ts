import { type Answer } from './projection.js';
import { listAnswer, MOST_RESULTS } from './paging.js';
import { type Attribute, enterpriseSchema, groupSchema, type ResourceSchema, userSchema } from './schema.js';

const schemaOf = (name: string): string => `urn:ietf:params:scim:schemas:core:2.0:${name}`;

export function serviceProviderConfig(baseUrl: string): Answer {
  return {
    schemas: [schemaOf('ServiceProviderConfig')],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: MOST_RESULTS },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'SCIM token',
        description: 'A token that an admin creates for one connection.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: metaOf(baseUrl, 'ServiceProviderConfig', ''),
  };
}

export function resourceTypes(baseUrl: string): Answer[] {
  const user = { endpoint: '/Users', schema: userSchema, extensions: [enterpriseSchema] };
  const group = { endpoint: '/Groups', schema: groupSchema, extensions: [] };
  return [user, group].map(({ endpoint, schema, extensions }) => ({
    schemas: [schemaOf('ResourceType')],
    id: schema.name,
    name: schema.name,
    description: schema.description,
    endpoint,
    schema: schema.id,
    schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })),
    meta: metaOf(baseUrl, 'ResourceType', schema.name),
  }));
}

export function schemas(baseUrl: string): Answer[] {
  return [userSchema, enterpriseSchema, groupSchema].map((schema: ResourceSchema) => ({
    schemas: [schemaOf('Schema')],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes: schema.attributes.map(described),
    meta: metaOf(baseUrl, 'Schema', schema.id),
  }));
}

export function listed(resources: readonly Answer[]): Answer {
  return listAnswer(resources, resources.length, { startIndex: 1, count: resources.length });
}

function described(attribute: Attribute): Answer {
  const { subAttributes, type, required = false, multiValued = false } = attribute;
  return {
    ...attribute,
    multiValued,
    required,
    mutability: attribute.mutability ?? 'readWrite',
    returned: 'default',
    ...(type === 'string' && { caseExact: false }),
    ...(type === 'reference' && { caseExact: true }),
    uniqueness: attribute.uniqueness ?? 'none',
    ...(subAttributes && { subAttributes: subAttributes.map(described) }),
  };
}

function metaOf(baseUrl: string, resourceType: string, id: string) {
  const path = resourceType === 'ServiceProviderConfig' ? resourceType : `${resourceType}s/${id}`;
  return { resourceType, location: `${baseUrl}/${path}` };
}
