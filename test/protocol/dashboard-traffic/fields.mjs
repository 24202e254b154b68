// Which fields answers have: `projects[].id string`, and of enums which values: `org.role ORG_ROLE_ADMIN`.
const enumValue = /^[A-Z]+(?:_[A-Z\d]+)+$/;
/** Maps of the contract: their keys are data. */
const dataKey = /^(?:\$|[\da-f]{8}-)/;

export function fieldsOf(value, path = '') {
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => fieldsOf(one, `${path}[]`)))];
  if (value && typeof value === 'object')
    return [
      ...new Set(
        Object.entries(value).flatMap(([name, inner]) =>
          fieldsOf(inner, `${path}${path && '.'}${dataKey.test(name) ? '*' : name}`),
        ),
      ),
    ];
  return [`${path} ${enumValue.test(value) ? value : typeof value}`];
}
