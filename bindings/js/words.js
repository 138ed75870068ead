/* words.js - what the bar says, in Chinese and English. */
export const words = {
  en: { ready: 'Ready', pause: 'Break', leave: 'Off', available: 'Ready', aux: 'On a break', offline: 'Off', gone: 'Connection lost',
    busy: 'Talking', wrapup: 'Wrap-up', offer: 'Ringing', answer: 'Answer', reject: 'Reject', hold: 'Hold', resume: 'Resume',
    mute: 'Mute', unmute: 'Unmute', keys: 'Keypad', hangup: 'Hang up', done: 'Done', longer: '+1 min', waited: 'waited',
    talk: 'Talking', onhold: 'On hold', resuming: 'Reconnecting ...', down: 'Not connected', sound_connecting: 'Connecting sound ...',
    sound_lost: 'No sound', sound_suspect: 'Sound interrupted', call_from: 'Call from', unknown: 'number withheld', s: 's' },
  zh: { ready: '就绪', pause: '小休', leave: '签出', available: '就绪', aux: '小休', offline: '未就绪', gone: '连接中断',
    busy: '通话中', wrapup: '话后整理', offer: '来电', answer: '接听', reject: '拒接', hold: '保持', resume: '恢复',
    mute: '静音', unmute: '取消静音', keys: '按键', hangup: '挂断', done: '整理完毕', longer: '延长1分钟', waited: '已等待',
    talk: '通话中', onhold: '保持中', resuming: '正在重连……', down: '未连接', sound_connecting: '正在连接声音……',
    sound_lost: '没有声音', sound_suspect: '声音中断', call_from: '来电', unknown: '号码隐藏', s: '秒' },
};
