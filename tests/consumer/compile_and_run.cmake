# cmake -D CXX=… -D INCLUDE_DIR=… -D SOURCE=… -D PROGRAM=… -P compile_and_run.cmake
set(flags -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Werror -pthread)
foreach(command IN ITEMS "${CXX};${flags};-I;${INCLUDE_DIR};${SOURCE};-o;${PROGRAM}" "${PROGRAM}")
  execute_process(COMMAND ${command} RESULT_VARIABLE result)
  if(result)
    message(FATAL_ERROR "failed (${result}): ${command}")
  endif()
endforeach()
