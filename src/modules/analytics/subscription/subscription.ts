export type DevicePlatform = 'android' | 'ios' | 'web';

/** Where pushes to a person of a project go. */
export interface Subscription {
  /** Chosen by the SDK. */
  readonly deviceId: string;
  readonly platform: DevicePlatform;
  /** The person, by the id that the application sent. */
  readonly distinctId: string;
  /** What the push service gave to the device. */
  readonly token: string;
  /** JSON. */
  readonly properties: string;
}
