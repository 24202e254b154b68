import { type Fragment, personAliases, profiles, sql } from '../../../platform/analytics-store/index.js';
import { profileProperty, type PropertySql } from './property.js';

/**
 * The canonical person of an event, once `identityJoin` is joined: the person that its distinct id was merged into, by an
 * alias, an external id or a profile id; without that, the distinct id's own.
 */
export const canonicalPerson: Fragment = sql`if(identity_canonical = 0, person, identity_canonical)`;

/** Joins each event with its identity and the traits of its person, which are columns then: see `traitColumns`. */
export function identityJoin(traits: readonly string[]): Fragment {
  return sql`ANY LEFT JOIN (${identities(traits)}) AS identities ON person = identity_person`;
}

/** The nth trait that was passed to `identityJoin`. */
export function traitColumns(number: number): PropertySql {
  return {
    text: sql.numbered('trait', number),
    number: sql.numbered('number', number),
    isNumber: sql.numbered('numeric', number),
    isStoredNumber: sql.numbered('stored', number),
    hasFewValues: false,
  };
}

function identities(traits: readonly string[]): Fragment {
  if (traits.length === 0)
    return sql`SELECT person AS identity_person, canonical AS identity_canonical FROM ${personAliases}`;
  const columns = traits.map((path, index) => {
    const property = profileProperty(path);
    const column = traitColumns(index);
    return sql`${property.text} AS ${column.text}, ${property.number} AS ${column.number},
      ${property.isNumber} AS ${column.isNumber}, ${property.isStoredNumber} AS ${column.isStoredNumber}`;
  });
  return sql`SELECT identity_person, identity_canonical, profile.* EXCEPT profile_canonical
    FROM (
      SELECT person AS identity_person, canonical AS identity_canonical FROM ${personAliases}
      UNION ALL SELECT canonical, canonical FROM ${profiles} WHERE NOT deleted
    ) AS identity
    ANY LEFT JOIN (
      SELECT canonical AS profile_canonical, ${sql.join(columns)} FROM ${profiles} WHERE NOT deleted
    ) AS profile ON identity_canonical = profile_canonical`;
}

/** Whether the person of an event has a profile that fulfils the condition, which is about columns of `profiles`. */
export function hasProfile(condition: Fragment): Fragment {
  const canonicals = sql`SELECT canonical FROM ${profiles} WHERE NOT deleted AND ${condition}`;
  return sql`person IN (
    SELECT person FROM ${personAliases} WHERE canonical IN (${canonicals})
    UNION ALL ${canonicals}
  )`;
}
