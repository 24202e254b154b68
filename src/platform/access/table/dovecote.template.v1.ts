import { TemplatePreviewService } from '@dovecote/contract/dovecote/template/v1/preview_pb';
import { Permission as P } from '../../permission/permissions.js';
import { anyProof, permission, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const dovecoteTemplate: readonly ServiceRows[] = [
  // Previews with a member's data also need MEMBERS_READ; checked on the request.
  rowsOf(TemplatePreviewService, { previewTemplate: read(permission(P.TEMPLATES_READ), anyProof) }),
];
