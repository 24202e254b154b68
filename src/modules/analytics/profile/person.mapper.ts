import type { JsonObject } from '@bufbuild/protobuf';
import type { AliasRequest, IdentifyRequest } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import type { IdentifyRequest as ShippedIdentifyRequest } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { type FieldViolation, invalidArgument } from '../../../platform/errors/index.js';
import { cookielessPrefix, refuseIdText, sessionPerson } from '../event/index.js';
import type { KnownPerson } from './profile.js';
import { storedTraits } from './traits.rules.js';
import { shippedTraits, type TraitLimits, traitViolations } from './traits-limits.rules.js';

/** The shipped contract names none, but an index has one. */
const MOST_CHARACTERS_OF_ID = 512;
const documentedTraits: TraitLimits = { names: 256, fewestOfName: 1, charactersOfText: 1_024 };

/** @throws AppError INVALID_ARGUMENT with every violation of a rule that is not in the proto; so do all here. */
export function personOfShipped({ externalId, traits, anonymousId }: ShippedIdentifyRequest): KnownPerson {
  refuse([
    ...idViolations('external_id', externalId),
    ...traitViolations(traits ?? {}, shippedTraits),
    ...idViolations('anonymous_id', anonymousId),
  ]);
  return person(externalId, traits, anonymousId === '' ? [] : [anonymousId]);
}

export function personOfDocumented({ externalId, traits, anonymousId }: IdentifyRequest): KnownPerson {
  refuse([
    ...documentedIdViolations('external_id', externalId),
    ...traitViolations(traits ?? {}, documentedTraits),
    ...documentedIdViolations('anonymous_id', anonymousId),
  ]);
  return person(externalId, traits, anonymousId === '' ? [] : idsOfEvents(anonymousId));
}

export function personOfAlias({ previousId, externalId }: AliasRequest): KnownPerson {
  const isSame = previousId === externalId;
  refuse([
    ...(isSame ? [{ field: 'previous_id', description: 'must not be the same as external_id' }] : []),
    ...documentedIdViolations('previous_id', previousId),
    ...documentedIdViolations('external_id', externalId),
  ]);
  return { ...person(externalId, {}, idsOfEvents(previousId)), isAlias: true };
}

function person(externalId: string, traits: JsonObject | undefined, ids: readonly string[]): KnownPerson {
  return {
    externalId: externalId.toWellFormed(),
    traits: storedTraits(traits ?? {}),
    links: ids.map((id) => id.toWellFormed()),
    isAlias: false,
  };
}

/** An event of the documented contract that names no person has one by its session. */
function idsOfEvents(id: string): string[] {
  return [id, sessionPerson(id)];
}

function idViolations(field: string, id: string): FieldViolation[] {
  const description = refuseIdText(id, MOST_CHARACTERS_OF_ID);
  return description === undefined ? [] : [{ field, description }];
}

/** Nothing leads from the visitor of a day to a person. */
function documentedIdViolations(field: string, id: string): FieldViolation[] {
  const violations = idViolations(field, id);
  if (!id.startsWith(cookielessPrefix)) return violations;
  return [...violations, { field, description: `must not begin with ${cookielessPrefix}` }];
}

function refuse(violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw invalidArgument(violations);
}
