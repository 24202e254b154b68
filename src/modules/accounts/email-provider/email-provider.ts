/** A mail server. */
export interface SmtpSettings {
  readonly kind: 'smtp';
  readonly host: string;
  readonly port: number;
  /** Empty: the server asks for none. */
  readonly username: string;
  readonly password: string;
  /** Mail leaves encrypted, or not at all. */
  readonly useTls: boolean;
}

/** The API of a provider. */
export interface ApiSettings {
  readonly kind: 'resend' | 'sendgrid' | 'postmark';
  readonly apiKey: string;
}

export type ProviderSettings = SmtpSettings | ApiSettings;

/** The sender of a mail, and the address that gets the answers; empty: the sender. */
export interface Sender {
  readonly from: string;
  readonly replyTo: string;
}

/** The provider of an organization, with its secrets. */
export interface EmailProvider extends Sender {
  readonly orgId: string;
  readonly settings: ProviderSettings;
  readonly updatedAt: Date;
}

/** A provider as its row holds it. */
export interface EmailProviderRow extends Sender {
  readonly kind: ProviderSettings['kind'];
  /** JSON of the settings, sealed. */
  readonly sealedSettings: Buffer;
  readonly updatedAt: Date;
  /** Since when no mail has left by it; null while it works. */
  readonly failingSince: Date | null;
}

/** What became impossible: `recipient` takes no mail, else the provider is at fault, or its settings. */
export class ProviderRefusal extends Error {
  override readonly name = 'ProviderRefusal';

  constructor(
    /** For admins: holds no secrets. */
    message: string,
    readonly concerns: 'provider' | 'recipient' = 'provider',
  ) {
    super(message);
  }
}
