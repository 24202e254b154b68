import { ContentService } from '@dovecote/contract/dovecote/render/v1/content_pb';
import { anyProof, internal, largeRequest, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const dovecoteRender: readonly ServiceRows[] = [
  rowsOf(ContentService, { renderContents: largeRequest(read(internal, anyProof)) }),
];
