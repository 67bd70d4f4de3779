# cmake -D PROGRAM=… -D RUNTIME=threads|fibers|sim -D SOURCE=… -P run_plan.cmake
#
# Runs the plan, simulations with many seeds: it has to succeed, and an instance to say what the last
# comment of the source tells.
set(flags_threads --instances 8)
set(flags_fibers --instances 200)
set(flags_sim --instances 8 --check)
set(seeds 1)
if(RUNTIME STREQUAL sim)
  set(seeds 20)
endif()

file(READ ${SOURCE} text)
string(REGEX MATCH "\n// Says: ([^\n]*)\n$" _ "${text}")
set(says "${CMAKE_MATCH_1}")

foreach(seed RANGE 1 ${seeds})
  execute_process(COMMAND ${PROGRAM} --runtime ${RUNTIME} ${flags_${RUNTIME}} --seed ${seed}
    OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
  string(FIND "${said}" "  ${says}\n" at)
  if(result OR at EQUAL -1)
    message("${said}")
    message(FATAL_ERROR "seed ${seed}: ${PROGRAM} ended with ${result}; wanted: 0, and '${says}'")
  endif()
endforeach()
