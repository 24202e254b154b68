import { ExportService } from '@dovecote/contract/dovecote/transfer/v1/export_pb';
import { Permission } from '../../permission/permissions.js';
import {
  anyProof,
  projectManagement,
  read,
  recentProof,
  rowsOf,
  type ServiceRows,
  write,
} from '../access-rule.js';

const reader = projectManagement(Permission.ANALYTICS_READ);

export const dovecoteTransfer: readonly ServiceRows[] = [
  rowsOf(ExportService, {
    createProjectExport: write(reader, recentProof('api_key'), 'ANALYTICS_EXPORT_REQUESTED'),
    createPersonExport: write(reader, recentProof('api_key'), 'ANALYTICS_EXPORT_REQUESTED'),
    getExport: read(reader, anyProof),
    listExports: read(reader, anyProof),
    cancelExport: write(reader, anyProof, 'ANALYTICS_EXPORT_CANCELLED'),
  }),
];
