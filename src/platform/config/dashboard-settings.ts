import type { Values } from './variables.js';

/** What the server knows of the analytics dashboard. */
export interface DashboardSettings {
  /** Without a slash at the end. */
  readonly url: string;
  /** The OpenID provider of the installation; absent when there is none. */
  readonly oidc?: {
    readonly issuer: string;
    readonly clientId: string;
    /** Empty: a public client. */
    readonly clientSecret: string;
    readonly name: string;
  };
  /** Absent: demo sign-in is off. */
  readonly demoEmail?: string;
  /** Whether organizations that have not decided take passwords. */
  readonly passwords: boolean;
}

export function dashboardOf(
  values: Values,
  { appUrl, environment }: { appUrl: string; environment: 'development' | 'production' },
): DashboardSettings {
  // Where Vite serves an application that is being worked on.
  const fallback = environment === 'development' ? 'http://localhost:5173' : appUrl;
  return {
    url: (values.DASHBOARD_URL ?? fallback).replace(/\/+$/, ''),
    oidc: oidcOf(values),
    demoEmail: values.DASHBOARD_DEMO_EMAIL,
    passwords: values.PASSWORDS === 'on',
  };
}

/** A dashboard that is named calls from its pages. */
export function withDashboard(origins: readonly string[], url: string | undefined): string[] {
  if (url === undefined || origins.includes('*')) return [...origins];
  return [...new Set([...origins, new URL(url).origin])];
}

function oidcOf(values: Values): DashboardSettings['oidc'] {
  const { DASHBOARD_OIDC_ISSUER: issuer, DASHBOARD_OIDC_CLIENT_ID: clientId } = values;
  if (issuer === undefined || clientId === undefined) return undefined;
  const clientSecret = values.DASHBOARD_OIDC_CLIENT_SECRET ?? '';
  return { issuer, clientId, clientSecret, name: values.DASHBOARD_OIDC_NAME ?? new URL(issuer).host };
}
