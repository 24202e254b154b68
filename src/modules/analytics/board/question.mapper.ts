import {
  create,
  type DescMessage,
  fromJson,
  type JsonObject,
  type Message,
  type MessageShape,
} from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { createValidator } from '@bufbuild/protovalidate';
import * as documented from '@dovecote/contract/insights/v1/insights_pb';
import * as shipped from '@dovecote/contract/shared/insights/v1/insights_pb';
import type { Project } from '../../../platform/caller/project.js';
import {
  type Granularity,
  type InsightQuery,
  invalidQuery,
  toQuery,
  violationsOf,
  type Window,
} from '../insight/index.js';
import type { TileContent } from './board.js';
import { granularityNumbers } from './board-enums.mapper.js';
import { toShippedSpec } from './spec-conversion.mapper.js';

type Question = Extract<TileContent, { type: 'insight' }>;

const validator = createValidator({ failFast: true });

/** The question of a tile about a window, held against the rules that its contract has today. */
export function questionOf(
  { contract, spec }: Question,
  project: Project,
  { window, granularity: named }: { readonly window: Window; readonly granularity: Granularity },
): InsightQuery {
  const granularity = granularityNumbers[named];
  if (contract === 'shipped') {
    const checked = held(shipped.InsightQuerySpecSchema, readSpec(shipped.InsightQuerySpecSchema, spec));
    return toQuery(create(shipped.QueryRequestSchema, { spec: checked, granularity }), project, window);
  }
  const asked = held(documented.InsightQuerySpecSchema, readSpec(documented.InsightQuerySpecSchema, spec));
  const [violation] = violationsOf(asked, { path: 'spec', needsRange: false });
  if (violation) throw invalidQuery(`${violation.field} ${violation.description}`);
  const request = create(shipped.QueryRequestSchema, { spec: toShippedSpec(asked), granularity });
  const query = toQuery(request, { ...project, mergeIdentities: true }, window);
  return asInDocumented(query);
}

/** A stored question. A field that only another version of the server knows is left out. */
export function readSpec<Desc extends DescMessage>(schema: Desc, spec: JsonObject): MessageShape<Desc> {
  return fromJson(schema, spec, { ignoreUnknownFields: true });
}

/** What `insights.v1` understands differently. */
function asInDocumented(query: InsightQuery): InsightQuery {
  const reading = { numericStringsCount: false, fallBackToTraits: true };
  return query.type === 'trends' ? { ...query, reading, rankBy: 'window' } : { ...query, reading };
}

function held<Desc extends DescMessage, Shape extends Message>(
  schema: Desc,
  message: Shape & MessageShape<Desc>,
): Shape {
  const result = validator.validate(schema, message);
  if (result.kind === 'valid') return message;
  const [violation] = result.violations ?? [];
  throw invalidQuery(
    violation ? `spec.${pathToString(violation.field)}: ${violation.message}` : 'cannot be read',
  );
}
