import { z } from 'zod';
import { documentation, url } from './variable-kinds.js';

/** Variables of the dashboard application that this server signs people in to. */
export const dashboardVariables = {
  DASHBOARD_URL: url('http', 'https').optional().register(documentation, {
    meaning:
      'URL of the analytics dashboard: links of sign-in and invitation mails lead there. Its origin may call from a browser, as if CORS_ORIGINS named it.',
    must: 'be an http or https URL',
    fallback: 'http://localhost:5173 in development, else APP_URL; CORS_ORIGINS stays as it is',
  }),
  DASHBOARD_OIDC_ISSUER: url('http', 'https').optional().register(documentation, {
    meaning:
      'OpenID provider of the installation for sign-in to the dashboard, such as https://accounts.google.com.',
    must: 'be an http or https URL, set together with DASHBOARD_OIDC_CLIENT_ID',
    fallback: 'none',
  }),
  DASHBOARD_OIDC_CLIENT_ID: z.string().min(1).max(512).optional().register(documentation, {
    meaning: 'Client id of the dashboard at that provider.',
    must: 'be set together with DASHBOARD_OIDC_ISSUER',
  }),
  DASHBOARD_OIDC_CLIENT_SECRET: z.string().min(1).max(4096).optional().register(documentation, {
    meaning: 'Client secret of the dashboard at that provider.',
    must: 'be a text, and needs DASHBOARD_OIDC_CLIENT_ID',
    fallback: 'a public client: PKCE alone',
    secret: true,
  }),
  DASHBOARD_OIDC_NAME: z.string().min(1).max(60).optional().register(documentation, {
    meaning: 'Name of that provider on the sign-in page.',
    must: 'be a name of at most 60 characters',
    fallback: 'the host of DASHBOARD_OIDC_ISSUER',
  }),
  DASHBOARD_DEMO_EMAIL: z.string().includes('@').optional().register(documentation, {
    meaning:
      'Address of the account that DemoSignIn signs anyone in as. It must be able to read analytics, and only that.',
    must: 'contain a mail address',
    fallback: 'none: demo sign-in is off',
  }),
  PASSWORDS: z.enum(['off', 'on']).default('off').register(documentation, {
    meaning: 'Whether organizations that have not decided (PasswordSettingsService) take passwords.',
    must: 'be off or on',
  }),
} as const;
