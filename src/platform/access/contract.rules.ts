/**
 * The contract that a service belongs to: our own, or one of the two public ones of the analytics, which differ in errors and
 * in JSON. The documented one is described by its documentation, the shipped one is what SDKs and dashboards in use speak.
 */
export type Contract = 'own' | 'documented' | 'shipped';

const documentedPackages: ReadonlySet<string> = new Set([
  'activity.v1',
  'auth.v1',
  'customers.v1',
  'dashboards.v1',
  'events.v1',
  'insights.v1',
  'orgemailproviders.v1',
  'orgs.v1',
  'profiles.v1',
  'projects.v1',
]);
const shippedPackage = /^(?:dashboard|public|sdk|shared)\./;

/** `typeName`: of a service, or of anything else in its package. */
export function contractOf(typeName: string): Contract {
  if (shippedPackage.test(typeName)) return 'shipped';
  return documentedPackages.has(typeName.slice(0, typeName.lastIndexOf('.'))) ? 'documented' : 'own';
}

/** The contract of the service in a path: `/sdk.events.v1.EventsService/BatchCreate`. */
export function contractOfCall(name: string): Contract {
  return contractOf(name.slice(1, Math.max(1, name.indexOf('/', 1))));
}

/** SDKs in pages of any origin call them, and beacons. They read no cookies. */
export function isForSdks(typeName: string): boolean {
  return (
    typeName.startsWith('sdk.') ||
    typeName === 'events.v1.EventsService' ||
    /^profiles\.v1\.\w+SDKService$/.test(typeName)
  );
}
