import { type Envelope, openToken, sealToken, UnsealError } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import { type AppError, invalidArgument } from '../../../platform/errors/index.js';

const LIFETIME_MS = 24 * 60 * 60_000;

const payload = z.object({ id: z.uuid(), endsAt: z.number() });

/**
 * The id of a connection before it exists, so that its addresses can be entered at the provider first. The server
 * chooses it and seals it for the organization: an id that a client could choose would be a claim on the addresses of
 * another organization's connection.
 */
export interface Reservation {
  id: string;
  /** What CreateConnection takes. */
  token: string;
}

export function reserveConnection(envelope: Envelope, orgId: string, now: Date): Reservation {
  const id = uuid();
  const endsAt = now.getTime() + LIFETIME_MS;
  return { id, token: sealToken(envelope, { id, endsAt }, contextOf(orgId)) };
}

/** The reserved id, or the refusal of a reservation that is not one of this organization, or has ended. */
export function openReservation(
  envelope: Envelope,
  orgId: string,
  token: string,
  now: Date,
): string | AppError {
  try {
    const { id, endsAt } = payload.parse(openToken(envelope, token, contextOf(orgId)));
    if (endsAt > now.getTime()) return id;
  } catch (error) {
    if (!(error instanceof UnsealError) && !(error instanceof z.ZodError)) throw error;
  }
  const description = 'is not a reservation of this organization, or is older than 24 hours';
  return invalidArgument([{ field: 'reservation', description }]);
}

function contextOf(orgId: string): string[] {
  return ['connection reservation', orgId];
}
