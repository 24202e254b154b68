import { RecordingService } from '@dovecote/contract/dovecote/replay/v1/recording_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  anyProof,
  permission,
  read,
  recentProof,
  rowsOf,
  self,
  type ServiceRows,
  unaudited,
  write,
} from '../access-rule.js';

export const dovecoteReplay: readonly ServiceRows[] = [
  rowsOf(RecordingService, {
    addChunk: unaudited(self(), anyProof),
    readRecording: write(permission(P.CAMPAIGNS_READ), anyProof, 'SESSION_RECORDING_VIEWED'),
    deleteRecording: write(permission(P.PRIVACY_WRITE), recentProof('api_key'), 'SESSION_RECORDING_DELETED'),
    getRecordingSettings: read(permission(P.PRIVACY_READ), anyProof),
    updateRecordingSettings: write(permission(P.PRIVACY_WRITE), recentProof('api_key'), 'ORG_UPDATED'),
  }),
];
