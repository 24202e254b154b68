import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { PropertySource } from '@dovecote/contract/common/v1/filter_schema_pb';
import { LogicalOperator as WireLogical, type PropertyFilter } from '@dovecote/contract/common/v1/filters_pb';
import type { ListRequest, ProfileSchema } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { conditionOf, type LogicalOperator } from '../insight/index.js';
import type { Person, PersonActivity, PersonFilter, PersonFilters } from './person.js';
import { invalidFilter, latestPropertyOf, refuseManyConditions } from './person-filter.rules.js';

/** @throws AppError INVALID_PROFILE_FILTER. */
export function toFilters({ filterGroups, filterGroupsOperator }: ListRequest): PersonFilters {
  const refusal = refuseManyConditions(filterGroups.reduce((sum, { filters }) => sum + filters.length, 0));
  if (refusal) throw refusal;
  return {
    operator: toLogical(filterGroupsOperator),
    groups: filterGroups.map(({ filters, operator }, group) => ({
      operator: toLogical(operator),
      filters: filters.map((filter, index) =>
        toFilter(filter, `filter_groups[${group}].filters[${index}].property`),
      ),
    })),
  };
}

function toFilter(
  { property, operator, value, values, source }: PropertyFilter,
  field: string,
): PersonFilter {
  const condition = conditionOf(operator, value, values);
  if (source === PropertySource.UNSPECIFIED || source === PropertySource.PROFILE)
    return { on: 'trait', property, ...condition };
  const latest = source === PropertySource.AUTO ? latestPropertyOf(property, condition.operator) : undefined;
  if (latest === undefined)
    throw invalidFilter(
      field,
      'is neither a property of profiles nor one of the latest event with this operator',
    );
  return { on: 'latest', property: latest, ...condition };
}

function toLogical(operator: WireLogical): LogicalOperator {
  return operator === WireLogical.OR ? 'or' : 'and';
}

export function toProfile(person: Person, projectId: string): MessageInitShape<typeof ProfileSchema> {
  return {
    id: person.id,
    externalId: person.externalId,
    properties: person.properties,
    projectId,
    createTime: timestampFromMs(person.createdAt),
    updateTime: timestampFromMs(person.updatedAt),
    activity: person.activity && toActivity(person.activity),
  };
}

function toActivity({ firstSeen, lastSeen, events, pageviews, sessions, latest }: PersonActivity) {
  return {
    firstSeen: timestampFromMs(firstSeen),
    lastSeen: timestampFromMs(lastSeen),
    totalEvents: BigInt(events),
    pageviews: BigInt(pageviews),
    sessions: BigInt(sessions),
    browser: latest.browser,
    browserVersion: latest.browser_version,
    os: latest.os,
    osVersion: latest.os_version,
    device: latest.device,
    country: latest.country,
    region: latest.region,
    city: latest.city,
  };
}
