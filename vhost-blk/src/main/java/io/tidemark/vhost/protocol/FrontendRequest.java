// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.protocol;

/**
 * What a frontend can ask for (vhost-user.rst, "Front-end message types"): number, payload size in bytes, and whether the
 * answer is a payload of the request's own.
 */
public enum FrontendRequest {
    GET_FEATURES(1, 0, Answer.OWN),
    SET_FEATURES(2, U64.SIZE),
    SET_OWNER(3, 0),
    RESET_OWNER(4, 0),
    SET_MEM_TABLE(5, RegionTable.MIN_SIZE, RegionTable.MAX_SIZE, Answer.ACK),
    SET_LOG_BASE(6, LogDescription.SIZE, Answer.OWN),
    SET_VRING_NUM(8, VringState.SIZE),
    SET_VRING_ADDR(9, VringAddress.SIZE),
    SET_VRING_BASE(10, VringState.SIZE),
    GET_VRING_BASE(11, VringState.SIZE, Answer.OWN),
    SET_VRING_KICK(12, U64.SIZE),
    SET_VRING_CALL(13, U64.SIZE),
    SET_VRING_ERR(14, U64.SIZE),
    GET_PROTOCOL_FEATURES(15, 0, Answer.OWN),
    SET_PROTOCOL_FEATURES(16, U64.SIZE),
    GET_QUEUE_NUM(17, 0, Answer.OWN),
    SET_VRING_ENABLE(18, VringState.SIZE),
    SET_BACKEND_REQ_FD(21, 0),
    GET_CONFIG(24, ConfigAccess.MIN_SIZE, ConfigAccess.MAX_SIZE, Answer.OWN),
    SET_CONFIG(25, ConfigAccess.MIN_SIZE, ConfigAccess.MAX_SIZE, Answer.ACK),
    GET_INFLIGHT_FD(31, InflightDescription.MIN_SIZE, InflightDescription.MAX_SIZE, Answer.OWN),
    SET_INFLIGHT_FD(32, InflightDescription.MIN_SIZE, InflightDescription.MAX_SIZE, Answer.ACK),
    RESET_DEVICE(34, 0),
    GET_MAX_MEM_SLOTS(36, 0, Answer.OWN),
    ADD_MEM_REG(37, SingleRegion.SIZE),
    REM_MEM_REG(38, SingleRegion.SIZE),
    SET_STATUS(39, U64.SIZE),
    GET_STATUS(40, 0, Answer.OWN);

    /** How a request is answered. */
    public enum Answer {
        /** With a payload of its own, always. */
        OWN,
        /** With 0 for done and 1 for refused, where the frontend wants that. */
        ACK
    }

    private static final FrontendRequest[] BY_NUMBER = new FrontendRequest[64];

    static {
        for (FrontendRequest request : values()) {
            BY_NUMBER[request.number] = request;
        }
    }

    private final int number;
    private final int minSize;
    private final int maxSize;
    private final Answer answer;

    FrontendRequest(int number, int size) {
        this(number, size, size, Answer.ACK);
    }

    FrontendRequest(int number, int size, Answer answer) {
        this(number, size, size, answer);
    }

    FrontendRequest(int number, int minSize, int maxSize, Answer answer) {
        this.number = number;
        this.minSize = minSize;
        this.maxSize = maxSize;
        this.answer = answer;
    }

    /** The request with the number, or null for one that isn't known here. */
    public static FrontendRequest of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
    }

    public int number() {
        return number;
    }

    public Answer answer() {
        return answer;
    }

    /** Whether a payload of that many bytes can belong to the request. */
    public boolean fits(long size) {
        return size >= minSize && size <= maxSize;
    }
}
