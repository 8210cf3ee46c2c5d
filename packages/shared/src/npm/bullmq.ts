export {
  DelayedError,
  ErrorCode,
  Queue,
  RedisConnection,
  UnrecoverableError,
  WaitingError,
  Worker,
  type Job,
} from 'bullmq';
