import type { TemplateVariable } from '@dovecote/template';

/** A placeholder that a template declares. */
export interface DeclaredVariable extends TemplateVariable {
  /** For those who fill it in. */
  description: string;
}

/** One version of a template, with what it shares with the template's other versions. */
export interface TemplateVersion {
  templateId: string;
  version: number;
  name: string;
  title: string;
  body: string;
  /** A number of pidgr.v1.TemplateType. */
  type: number;
  sourceLocale: string;
  variables: DeclaredVariable[];
  /** When the template was made. */
  createdAt: Date;
  /** When this version was made. */
  updatedAt: Date;
}
