import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { z } from 'zod';

/** In base64url, each; the bounds of the whole are the contract's. */
const bytes = z.string().regex(/^[\w-]+$/);

const common = {
  id: bytes,
  rawId: bytes,
  type: z.literal('public-key'),
};

const transport = z.string().regex(/^[\w.-]{1,32}$/);

const registration = z.object({
  ...common,
  response: z.object({
    clientDataJSON: bytes,
    attestationObject: bytes,
    // Hints for the browser, of which new ones come up: what cannot be kept is left out.
    transports: z
      .array(z.unknown())
      .transform((all) => all.filter((one) => transport.safeParse(one).success).slice(0, 10) as string[])
      .optional()
      .catch(undefined),
  }),
});

const assertion = z.object({
  ...common,
  response: z.object({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
    userHandle: bytes.or(z.literal('')).nullish(),
  }),
});

/** What the client says that it had signed; believed only once the signature holds. */
const clientData = z.object({
  challenge: z.string().max(512),
  origin: z.string().max(2048),
  // Refuses assertions from a cross-origin iframe, where a person cannot see which site asks.
  crossOrigin: z.literal(false).optional(),
});

export interface Claimed<Response> {
  response: Response;
  challenge: string;
  origin: string;
}

/** Undefined when it is no answer of an authenticator. Extensions are left out: nothing here asks for any. */
export function readRegistration(json: string): Claimed<RegistrationResponseJSON> | undefined {
  const read = registration.safeParse(parsed(json));
  if (!read.success) return undefined;
  const { id, rawId, type, response } = read.data;
  return claimed({ id, rawId, type, response, clientExtensionResults: {} }, response.clientDataJSON);
}

/** Undefined when it is no answer of an authenticator. */
export function readAssertion(json: string): Claimed<AuthenticationResponseJSON> | undefined {
  const read = assertion.safeParse(parsed(json));
  if (!read.success) return undefined;
  const { id, rawId, type, response } = read.data;
  const userHandle = response.userHandle || undefined;
  const given = { id, rawId, type, response: { ...response, userHandle }, clientExtensionResults: {} };
  return claimed(given, response.clientDataJSON);
}

function claimed<Response>(response: Response, clientDataJson: string): Claimed<Response> | undefined {
  const read = clientData.safeParse(parsed(Buffer.from(clientDataJson, 'base64url').toString()));
  if (!read.success) return undefined;
  const { challenge, origin } = read.data;
  return { response, challenge, origin };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
