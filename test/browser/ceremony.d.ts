export interface Ceremony {
  method: 'BeginPasskeyRegistration' | 'BeginPasskeySignIn';
  request: object;
  /** The access token of whoever registers. */
  token?: string;
}

export function ceremony(ceremony: Ceremony): Promise<Record<string, unknown>>;
